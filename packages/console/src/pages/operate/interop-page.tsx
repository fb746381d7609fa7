import { useState, type ReactNode } from 'react'
import { listInterop, type InteropItem, type InteropKind } from '../api/operate.ts'
import { Snippet } from '../components/copy.tsx'
import { Empty } from '../components/notes.tsx'
import { More, Table } from '../components/table.tsx'
import { Waiting } from '../components/waiting.tsx'
import { Page } from '../shell/page.tsx'
import { useList } from '../shell/use-list.tsx'
import { count } from '../text/format.ts'
import { INTEROP_COLUMNS, interopKey } from './interop-columns.ts'

const REFRESH_MS = 3000
const KINDS: readonly (readonly [kind: InteropKind, title: string, one: string])[] = [
  ['peers', 'Peers', 'peer'],
  ['methods', 'Methods', 'method'],
  ['contexts', 'Contexts', 'context'],
]

export function InteropPage(): ReactNode {
  const [kind, setKind] = useState<InteropKind>('peers')
  return (
    <Page
      title="Interop"
      lead="Who speaks the interop protocol with a gateway, what they offer, and what they share."
    >
      <div className="tabs" role="group" aria-label="What to show">
        {KINDS.map(([value, title]) => (
          <button key={value} type="button" aria-pressed={value === kind} onClick={() => setKind(value)}>
            {title}
          </button>
        ))}
      </div>
      <Items key={kind} kind={kind} />
    </Page>
  )
}

function Items({ kind }: { kind: InteropKind }): ReactNode {
  const list = useList(['interop', kind], (after) => listInterop(kind, after), { refetchMs: REFRESH_MS })
  const { items } = list
  const one = KINDS.find(([value]) => value === kind)?.[2] ?? kind
  const waiting = <Waiting on={list.items} error={list.error} retry={list.retry} />
  if (items === undefined) return waiting
  if (items.length === 0) return <Nothing kind={kind} />
  return (
    <>
      {waiting}
      <p className="live" role="status">
        <span className="pulse" /> {count(items.length, one)}
        {list.hasRest && ' and more'}
      </p>
      <Table<InteropItem>
        label={kind}
        rows={items}
        keyOf={interopKey}
        columns={INTEROP_COLUMNS[kind].map(({ title, text }, index) => ({
          title,
          isHead: index === 0,
          cell: (item) => <span className="reason">{text(item)}</span>,
        }))}
      />
      <More onMore={list.more} isBusy={list.isReadingMore} />
    </>
  )
}

function Nothing({ kind }: { kind: InteropKind }): ReactNode {
  return (
    <Empty icon="interop" title={`No ${kind} yet`}>
      <p>
        Point a client of the interop protocol at a gateway: the unmodified <code>@interopio/core</code>{' '}
        works.
      </p>
      <Snippet
        label="In a page"
        code={`import IOConnect from '@interopio/core'

const io = await IOConnect({
  application: 'desk',
  gateway: { ws: 'ws://localhost:4000/gw' },
  auth: { username: 'ann', password: '…' },
})`}
      />
    </Empty>
  )
}
