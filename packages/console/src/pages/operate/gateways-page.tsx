import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { listGateways, type Gateway } from '../api/operate.ts'
import { Badge } from '../components/badge.tsx'
import { Snippet } from '../components/copy.tsx'
import { Empty } from '../components/notes.tsx'
import { Table } from '../components/table.tsx'
import { Time, useNow } from '../components/time.tsx'
import { Waiting } from '../components/waiting.tsx'
import { Page } from '../shell/page.tsx'
import { visible } from '../text/display.ts'
import { amount } from '../text/format.ts'

const REFRESH_MS = 2000
/** Reports come each second; one that is late by so much is worth a look. */
const LATE_MS = 3500

export function GatewaysPage(): ReactNode {
  const { data, error, refetch } = useQuery({
    queryKey: ['gateways'],
    queryFn: listGateways,
    refetchInterval: REFRESH_MS,
  })
  const items = data?.items
  return (
    <Page title="Gateways" lead="The processes that hold the connections. Each reports every second.">
      <Waiting on={items} error={error} retry={() => void refetch()} />
      {items?.length === 0 && <NoGateways />}
      {items !== undefined && items.length > 0 && (
        <Table
          label="Gateways"
          rows={items}
          keyOf={({ gatewayId }) => gatewayId}
          columns={[
            {
              title: 'Gateway',
              isHead: true,
              cell: ({ name, gatewayId }: Gateway) => (
                <span className="two-lines">
                  <strong>{visible(name)}</strong>
                  <code>{visible(gatewayId)}</code>
                </span>
              ),
            },
            { title: 'State', cell: (gateway) => <State gateway={gateway} /> },
            { title: 'Connections', isNumber: true, cell: ({ connections }) => amount(connections) },
            { title: 'Version', cell: ({ version }) => visible(version) || '–' },
            { title: 'Since', cell: ({ since }) => <Time at={since} /> },
          ]}
        />
      )}
    </Page>
  )
}

function State({ gateway }: { gateway: Gateway }): ReactNode {
  const late = useNow() - Date.parse(gateway.lastReportAt)
  if (late < LATE_MS) return <Badge look="good">reporting</Badge>
  return (
    <span>
      <Badge look="warn">late</Badge> <Time at={gateway.lastReportAt} />
    </span>
  )
}

function NoGateways(): ReactNode {
  return (
    <Empty icon="gateways" title="No gateway reports">
      <p>
        A gateway finds this control plane by its address and the internal token. Clients connect to the
        gateway.
      </p>
      <Snippet
        label="Start one"
        code={`CONTROL_PLANE_URL=${location.origin} \\
CONTROL_PLANE_INTERNAL_TOKEN=… \\
node apps/gateway/dist/index.js`}
      />
    </Empty>
  )
}
