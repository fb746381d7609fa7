import type { ReactNode } from 'react'
import type { Project, ProjectLimits } from '../api/projects.ts'
import type { Answer } from '../api/request.ts'
import { EditForm } from '../changes/edit-form.tsx'
import { TextField } from '../components/field.tsx'
import { useRole } from '../session/me.tsx'
import { Card } from '../shell/page.tsx'
import { bytes } from '../text/format.ts'
import { isLimit, toLimitFields, toLimits } from './limit-fields.ts'
import { useProjectEdit } from './use-project-edit.tsx'

const FIELDS: readonly (readonly [name: keyof ProjectLimits, label: string, hint: string])[] = [
  ['maxConnections', 'Connections', 'Open at the same time, of the whole project.'],
  [
    'messagesPerSecond',
    'Messages per second',
    'Of one connection. More are refused, and who goes on is disconnected.',
  ],
  ['maxPayloadBytes', 'Largest message, bytes', 'A larger one closes its connection.'],
]

/** What the clients of a project may use. */
export function LimitsPart({ answer }: { answer: Answer<Project> }): ReactNode {
  const { mayChange } = useRole(answer.data.workspaceId)
  const edit = useProjectEdit(
    answer,
    ({ limits }) => toLimitFields(limits),
    (fields) => ({ limits: toLimits(fields) }),
  )
  const isInvalid = FIELDS.some(([name]) => !isLimit(edit.fields[name]))
  const payload = Number(edit.fields.maxPayloadBytes)
  return (
    <Card
      title="Limits"
      lead="Left empty, only what the gateways are configured to allow counts. Open sessions stay open."
    >
      <EditForm edit={edit as never} mayChange={mayChange} isInvalid={isInvalid}>
        {FIELDS.map(([name, label, hint]) => (
          <TextField
            key={name}
            label={label}
            inputMode="numeric"
            placeholder="no limit of its own"
            value={edit.fields[name]}
            onChange={(value) => edit.set({ [name]: value })}
            hint={name === 'maxPayloadBytes' && payload >= 1024 ? `${hint} This is ${bytes(payload)}.` : hint}
            error={
              isLimit(edit.fields[name]) ? undefined : 'A whole number from 1 to 1,000,000,000, or nothing.'
            }
          />
        ))}
      </EditForm>
    </Card>
  )
}
