import type { ReactNode } from 'react'
import { Choice } from '../components/choice.tsx'
import { TextField } from '../components/field.tsx'
import { ListField } from '../components/list-field.tsx'
import { Algorithms } from './algorithms.tsx'
import { KEY_ALGORITHMS } from './auth-modes.ts'
import type { AuthStepProps } from './auth-wizard.tsx'

export function JwksFields({ fields, errors, set }: AuthStepProps): ReactNode {
  return (
    <>
      <ListField
        label="Issuer"
        hint="Exactly what stands as iss in its tokens, a slash at the end included."
        error={errors.issuers}
        placeholder="https://login.example.com/"
        values={fields.issuers}
        onChange={(issuers) => set({ issuers })}
      />
      <ListField
        label="Audience"
        hint="What stands as aud in tokens for you: often a client id, or the address of your API."
        error={errors.audiences}
        placeholder="https://api.example.com"
        values={fields.audiences}
        onChange={(audiences) => set({ audiences })}
      />
      <fieldset className="choices slim">
        <legend>Where are its keys?</legend>
        <Choice
          name="keys"
          title="Find them through the issuer"
          text="Asks its /.well-known address. Takes access tokens only."
          isChosen={fields.keysFrom === 'discovery'}
          onChoose={() => set({ keysFrom: 'discovery' })}
        />
        <Choice
          name="keys"
          title="At an address of their own"
          text="Takes whatever those keys signed, session tokens included."
          isChosen={fields.keysFrom === 'url'}
          onChoose={() => set({ keysFrom: 'url' })}
        />
      </fieldset>
      {fields.keysFrom === 'url' && (
        <TextField
          label="Address of the key set"
          type="url"
          inputMode="url"
          placeholder="https://login.example.com/.well-known/jwks.json"
          value={fields.jwksUrl}
          onChange={(jwksUrl) => set({ jwksUrl })}
          error={fields.jwksUrl === '' ? undefined : errors.jwksUrl}
        />
      )}
      <Algorithms
        all={KEY_ALGORITHMS}
        usual="RS256 and ES256"
        chosen={fields.keyAlgorithms}
        onChange={(keyAlgorithms) => set({ keyAlgorithms })}
      />
    </>
  )
}
