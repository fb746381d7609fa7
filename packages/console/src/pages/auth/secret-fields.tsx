import type { ReactNode } from 'react'
import { Button } from '../components/button.tsx'
import { CopyButton } from '../components/copy.tsx'
import { TextField } from '../components/field.tsx'
import { ListField } from '../components/list-field.tsx'
import { Note } from '../components/notes.tsx'
import { randomText } from '../text/random.ts'
import { Algorithms } from './algorithms.tsx'
import { SECRET_ALGORITHMS } from './auth-modes.ts'
import type { AuthStepProps } from './auth-wizard.tsx'

const SECRET_BYTES = 48

export function SecretFields({ fields, errors, set }: AuthStepProps): ReactNode {
  return (
    <>
      {!fields.hasSecret && <FirstSecret fields={fields} errors={errors} set={set} />}
      <ListField
        label="Issuer (optional)"
        hint="When given, iss of a token has to be one of these."
        placeholder="https://app.example.com"
        values={fields.issuers}
        onChange={(issuers) => set({ issuers })}
      />
      <ListField
        label="Audience (optional)"
        hint="When given, aud of a token has to name one of these."
        placeholder="relay"
        values={fields.audiences}
        onChange={(audiences) => set({ audiences })}
      />
      <Algorithms
        all={SECRET_ALGORITHMS}
        usual="HS256"
        chosen={fields.secretAlgorithms}
        onChange={(secretAlgorithms) => set({ secretAlgorithms })}
      />
    </>
  )
}

function FirstSecret({ fields, errors, set }: AuthStepProps): ReactNode {
  return (
    <div className="with-button">
      <TextField
        label="Secret"
        className="mono"
        value={fields.secret}
        maxLength={4096}
        onChange={(secret) => set({ secret })}
        hint="At least 32 bytes. Give the same to the server that signs your tokens."
        error={fields.secret === '' ? undefined : errors.secret}
      />
      {fields.secret === '' ? (
        <Button onClick={() => set({ secret: randomText(SECRET_BYTES) })}>Make one</Button>
      ) : (
        <CopyButton text={fields.secret} />
      )}
      {fields.secret !== '' && (
        <Note look="warn">
          <p>Copy it now: once saved it is encrypted, and nobody can read it here again.</p>
        </Note>
      )}
    </div>
  )
}
