import type { ReactNode } from 'react'
import { Choice } from '../components/choice.tsx'
import { Note } from '../components/notes.tsx'
import { ListField } from '../components/list-field.tsx'
import type { AuthErrors, AuthFields } from './auth-fields.ts'
import { AUTH_MODES, type AuthMode } from './auth-modes.ts'
import { JwksFields } from './jwks-fields.tsx'
import { SecretFields } from './secret-fields.tsx'

export interface AuthStepProps {
  fields: AuthFields
  errors: AuthErrors
  set: (changed: Partial<AuthFields>) => void
}

/** Who may connect: a choice that explains itself, and what that choice needs. */
export function AuthWizard({ fields, errors, set }: AuthStepProps): ReactNode {
  return (
    <>
      <fieldset className="choices">
        <legend>How do clients prove who they are?</legend>
        {(Object.keys(AUTH_MODES) as AuthMode[]).map((mode) => (
          <Choice
            key={mode}
            name="mode"
            {...AUTH_MODES[mode]}
            isChosen={fields.mode === mode}
            onChoose={() => set({ mode })}
          />
        ))}
      </fieldset>
      {fields.mode === 'jwt-jwks' && <JwksFields fields={fields} errors={errors} set={set} />}
      {fields.mode === 'jwt-secret' && <SecretFields fields={fields} errors={errors} set={set} />}
      {fields.mode === 'machine' && (
        <ListField
          label="Namespaces"
          hint="Clients of these may connect. The namespaceId stands in the answer to a client's registration."
          error={errors.namespaces}
          placeholder="9f2c…"
          values={fields.namespaces}
          onChange={(namespaces) => set({ namespaces })}
        />
      )}
      {fields.mode === 'none' && (
        <Note look="warn">
          <p>Whoever reaches the host is let in, and a token is ignored. Workers see no user.</p>
        </Note>
      )}
    </>
  )
}
