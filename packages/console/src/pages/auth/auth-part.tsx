import type { ReactNode } from 'react'
import type { Project } from '../api/projects.ts'
import type { Answer } from '../api/request.ts'
import { EditForm } from '../changes/edit-form.tsx'
import { useProjectEdit } from '../projects/use-project-edit.tsx'
import { useRole } from '../session/me.tsx'
import { Card } from '../shell/page.tsx'
import { checkAuth, toAuthFields, toChangedAuth } from './auth-fields.ts'
import { AuthWizard } from './auth-wizard.tsx'
import { Secrets } from './secrets.tsx'
import { TokenTest } from './token-test.tsx'

/** Who may connect to a project: the choice, its secrets, and a test of both. */
export function AuthPart({ answer }: { answer: Answer<Project> }): ReactNode {
  const { mayChange } = useRole(answer.data.workspaceId)
  const edit = useProjectEdit(
    answer,
    ({ auth }) => toAuthFields(auth),
    (fields) => ({ auth: toChangedAuth(fields) }),
  )
  const errors = checkAuth(edit.fields)
  const isInvalid = Object.keys(errors).length > 0
  const { auth } = answer.data
  return (
    <>
      <Card
        title="Who may connect"
        lead="A change closes the sessions it concerns within a second; clients come back and are asked again."
      >
        <EditForm edit={edit as never} mayChange={mayChange} isInvalid={isInvalid}>
          <AuthWizard fields={edit.fields} errors={errors} set={edit.set} />
        </EditForm>
      </Card>
      {auth.mode === 'jwt-secret' && <Secrets answer={answer} secrets={auth.secrets} />}
      <TokenTest project={answer.data} />
    </>
  )
}
