import { useState, type ReactNode } from 'react'
import { listAudit, type AuditEntry } from '../api/audit.ts'
import { diff, type Difference } from '../changes/diff.ts'
import { Empty } from '../components/notes.tsx'
import { More } from '../components/table.tsx'
import { Time } from '../components/time.tsx'
import { Waiting } from '../components/waiting.tsx'
import { ProjectFilter } from '../projects/project-filter.tsx'
import { Page } from '../shell/page.tsx'
import { useList } from '../shell/use-list.tsx'
import { brief, visible } from '../text/display.ts'
import { actionText } from './action-text.ts'

/** Who changed what, newest first: of a workspace or, with null, of the whole installation. */
export function AuditPage({ workspaceId }: { workspaceId: string | null }): ReactNode {
  const [projectId, setProjectId] = useState('')
  const list = useList(['audit', workspaceId, projectId], (after) => listAudit(workspaceId, projectId, after))
  const { items } = list
  return (
    <Page
      title={workspaceId === null ? 'All changes' : 'Audit log'}
      lead="Every change with who made it, written together with the change itself."
      actions={
        workspaceId !== null && (
          <ProjectFilter workspaceId={workspaceId} value={projectId} onChange={setProjectId} />
        )
      }
    >
      <Waiting on={list.items} error={list.error} retry={list.retry} lines={6} />
      {items?.length === 0 && (
        <Empty icon="audit" title="Nothing has changed yet">
          <p>
            What is made, changed or removed here, over the API or on the command line, is listed with who did
            it.
          </p>
        </Empty>
      )}
      <ol className="audit">
        {items?.map((entry) => (
          <Entry key={entry.entryId} entry={entry} isGlobal={workspaceId === null} />
        ))}
      </ol>
      <More onMore={list.more} isBusy={list.isReadingMore} />
    </Page>
  )
}

function Entry({ entry, isGlobal }: { entry: AuditEntry; isGlobal: boolean }): ReactNode {
  const changes = diff(entry.before, entry.after)
  const { text, look } = actionText(entry.action)
  const about = [isGlobal ? entry.workspaceId : null, entry.projectId].filter((id) => id !== null)
  return (
    <li className={look}>
      <details>
        <summary>
          <span className="audit-what">
            <strong>{text}</strong>
            {about.map((id) => (
              <code key={id}>{visible(id)}</code>
            ))}
          </span>
          <span className="audit-who">
            {visible(entry.actor)} · <Time at={entry.at} />
          </span>
        </summary>
        <dl className="diff">
          {changes.map((change, index) => (
            <Change key={`${change.path} ${index}`} change={change} />
          ))}
        </dl>
        {changes.length === 0 && <p className="hint">Nothing that can be read here differs.</p>}
        {entry.requestId !== null && (
          <p className="hint">
            Request <code>{visible(entry.requestId)}</code>
          </p>
        )}
      </details>
    </li>
  )
}

function Change({ change: { path, kind, before, after } }: { change: Difference }): ReactNode {
  return (
    <div>
      <dt>{visible(path)}</dt>
      {kind !== 'added' && (
        <dd className="was">
          <span className="offscreen">was </span>
          <del>{brief(before)}</del>
        </dd>
      )}
      {kind !== 'removed' && (
        <dd className="is">
          <span className="offscreen">is </span>
          <ins>{brief(after)}</ins>
        </dd>
      )}
    </div>
  )
}
