import { useState, type ReactNode } from 'react'
import { listKeys, revokeKey, rotateKey, type ApiKey, type NewApiKey } from '../api/keys.ts'
import { Badge } from '../components/badge.tsx'
import { Button } from '../components/button.tsx'
import { Confirm } from '../components/confirm.tsx'
import { Empty } from '../components/notes.tsx'
import { More, Table, type Column } from '../components/table.tsx'
import { Time } from '../components/time.tsx'
import { Waiting } from '../components/waiting.tsx'
import { Card } from '../shell/page.tsx'
import { useList } from '../shell/use-list.tsx'
import { useTask } from '../shell/use-task.tsx'
import { visible } from '../text/display.ts'
import { KeyShownDialog } from './key-shown-dialog.tsx'
import { NewKeyDialog } from './new-key-dialog.tsx'

type Asking = { readonly what: 'rotate' | 'revoke'; readonly key: ApiKey }

export function Keys({ workspaceId, mayOwn }: { workspaceId: string | null; mayOwn: boolean }): ReactNode {
  const listKey = ['api-keys', workspaceId]
  const [isNew, setNew] = useState(false)
  const [asking, setAsking] = useState<Asking | null>(null)
  const [shown, setShown] = useState<NewApiKey | null>(null)
  const list = useList(listKey, (after) => listKeys(workspaceId, after))
  const { items } = list
  return (
    <Card
      title="API keys"
      lead="For scripts, the command line and signing in here. Only a fingerprint of each is kept."
      actions={mayOwn && <Button onClick={() => setNew(true)}>New key</Button>}
    >
      <Waiting on={list.items} error={list.error} retry={list.retry} />
      {items?.length === 0 && (
        <Empty icon="key" title="No API key yet">
          <p>Make one for each script, so that each can be revoked alone.</p>
        </Empty>
      )}
      {items !== undefined && items.length > 0 && (
        <Table
          label="API keys"
          rows={items}
          keyOf={({ keyId }) => keyId}
          columns={columns(mayOwn ? setAsking : null)}
        />
      )}
      <More onMore={list.more} isBusy={list.isReadingMore} />
      {isNew && (
        <NewKeyDialog
          workspaceId={workspaceId}
          listKey={listKey}
          onMade={setShown}
          onClose={() => setNew(false)}
        />
      )}
      {shown !== null && <KeyShownDialog apiKey={shown} onClose={() => setShown(null)} />}
      {asking !== null && (
        <Ask
          asking={asking}
          workspaceId={workspaceId}
          listKey={listKey}
          onShow={setShown}
          onClose={() => setAsking(null)}
        />
      )}
    </Card>
  )
}

function columns(ask: ((asking: Asking) => void) | null): readonly Column<ApiKey>[] {
  return [
    {
      title: 'Key',
      isHead: true,
      cell: ({ name, prefix }) => (
        <span className="two-lines">
          <strong>{visible(name)}</strong>
          <code>{visible(prefix)}…</code>
        </span>
      ),
    },
    { title: 'Role', cell: ({ role }) => <Badge>{role}</Badge> },
    {
      title: 'Last used',
      cell: ({ lastUsedAt }) => (lastUsedAt === null ? 'never' : <Time at={lastUsedAt} />),
    },
    { title: 'Expires', cell: ({ expiresAt }) => (expiresAt === null ? 'never' : <Time at={expiresAt} />) },
    {
      title: 'Actions',
      isActions: true,
      cell: (key) =>
        ask !== null && (
          <>
            <Button onClick={() => ask({ what: 'rotate', key })}>Rotate</Button>
            <Button look="quiet" onClick={() => ask({ what: 'revoke', key })}>
              Revoke
            </Button>
          </>
        ),
    },
  ]
}

interface AskProps {
  asking: Asking
  workspaceId: string | null
  listKey: readonly (string | null)[]
  onShow: (key: NewApiKey) => void
  onClose: () => void
}

function Ask({ asking: { what, key }, workspaceId, listKey, onShow, onClose }: AskProps): ReactNode {
  const isRotation = what === 'rotate'
  const task = useTask({
    run: async () => (isRotation ? rotateKey(workspaceId, key.keyId) : revokeKey(workspaceId, key.keyId)),
    refresh: [listKey],
    done: isRotation ? 'The key is rotated' : 'The key is revoked',
    onDone: (made) => {
      onClose()
      if (made !== undefined) onShow(made)
    },
  })
  return (
    <Confirm
      title={`${isRotation ? 'Rotate' : 'Revoke'} ${visible(key.name)}?`}
      action={isRotation ? 'Rotate key' : 'Revoke key'}
      isBusy={task.isBusy}
      error={task.error}
      onConfirm={() => task.start()}
      onClose={onClose}
    >
      <p>
        {isRotation
          ? 'You get a new key in its place, shown once. The present one stops working at once.'
          : 'Whatever uses it is refused from now on. This cannot be undone.'}
      </p>
    </Confirm>
  )
}
