import { useMemo, type ReactNode } from 'react'
import type { MetricPoint } from '../api/metrics.ts'
import { amount, latency } from '../text/format.ts'
import { Chart } from './chart.tsx'

/** How things are, in numbers and over time. */
export function Charts({ points }: { points: readonly MetricPoint[] }): ReactNode {
  const last = points.at(-1)
  const lines = useMemo(() => linesOf(points), [points])
  return (
    <>
      <dl className="stats">
        <Stat title="Connections" value={amount(last?.connections ?? 0)} />
        <Stat title="Received per second" value={amount(last?.receivedPerSecond ?? 0)} />
        <Stat title="Delivered per second" value={amount(last?.deliveredPerSecond ?? 0)} />
        <Stat title={'Stored within, 99\u00A0%'} value={latency(last?.p99Ms)} />
      </dl>
      <div className="charts">
        <Chart title="Connections" atMs={lines.atMs} lines={lines.connections} format={amount} />
        <Chart title="Messages per second" atMs={lines.atMs} lines={lines.messages} format={amount} />
        <Chart title="Latency, frame read to stored" atMs={lines.atMs} lines={lines.latency} format={inMs} />
      </div>
    </>
  )
}

function Stat({ title, value }: { title: string; value: string }): ReactNode {
  return (
    <div className="stat">
      <dt>{title}</dt>
      <dd>{value}</dd>
    </div>
  )
}

function linesOf(points: readonly MetricPoint[]) {
  const of = <Name extends keyof MetricPoint>(name: Name): MetricPoint[Name][] =>
    points.map((point) => point[name])
  return {
    atMs: points.map(({ at }) => Date.parse(at)),
    connections: [{ label: 'Open', values: of('connections') }],
    messages: [
      { label: 'Received', values: of('receivedPerSecond') },
      { label: 'Delivered', values: of('deliveredPerSecond') },
    ],
    latency: [
      { label: 'Half within', values: of('p50Ms') },
      { label: '99\u00A0% within', values: of('p99Ms') },
    ],
  }
}

function inMs(ms: number): string {
  return latency(Number.isNaN(ms) ? null : ms)
}
