import { useEffect, useRef, useState, type ReactNode } from 'react'
import UPlot from 'uplot'

export interface ChartLine {
  readonly label: string
  readonly values: readonly (number | null)[]
}

interface ChartProps {
  title: string
  /** Milliseconds since the epoch, rising. */
  atMs: readonly number[]
  lines: readonly ChartLine[]
  format: (value: number) => string
}

const HEIGHT = 168
/** Of the vertical axis, so that next to nothing looks like it. */
const LEAST_HEIGHT = 4

/** Lines over time. The canvas is decoration to whoever does not see it: title and latest values stand in text. */
export function Chart({ title, atMs, lines, format }: ChartProps): ReactNode {
  const frame = useRef<HTMLDivElement>(null)
  const swatches = useRef<HTMLUListElement>(null)
  const plot = useRef<UPlot | null>(null)
  const [pointed, setPointed] = useState<number | null>(null)
  const theme = useThemeCount()
  const data: UPlot.AlignedData = [
    atMs.map((ms) => ms / 1000),
    ...lines.map(({ values }) => values as (number | null)[]),
  ]
  const latest = useRef(data)
  latest.current = data

  useEffect(() => {
    const place = frame.current
    if (place === null) return undefined
    const options = plotOptions(place, coloursOf(swatches.current), format, setPointed)
    const made = new UPlot(options, latest.current, place)
    plot.current = made
    const resize = new ResizeObserver(() => made.setSize({ width: place.clientWidth, height: HEIGHT }))
    resize.observe(place)
    return () => {
      resize.disconnect()
      made.destroy()
      plot.current = null
    }
    // Colours are part of what is drawn; the number of lines of a chart is fixed.
  }, [theme, format])
  useEffect(() => plot.current?.setData(latest.current), [atMs, lines])

  const index = pointed ?? atMs.length - 1
  return (
    <figure className="chart" aria-label={title}>
      <figcaption>
        <h3>{title}</h3>
        <ul ref={swatches} className="chart-values">
          {lines.map(({ label, values }, line) => (
            <li key={label}>
              <span className={`swatch line-${line + 1}`} />
              {label} <strong>{format(values[index] ?? Number.NaN)}</strong>
            </li>
          ))}
          {pointed !== null && <li className="chart-time">{clock(atMs[pointed])}</li>}
        </ul>
      </figcaption>
      <div ref={frame} className="chart-frame" aria-hidden="true" />
    </figure>
  )
}

function plotOptions(
  place: HTMLElement,
  colours: readonly { line: string; area: string }[],
  format: (value: number) => string,
  onPoint: (index: number | null) => void,
): UPlot.Options {
  const style = getComputedStyle(place)
  const axis = { stroke: style.color, font: `11px ${style.fontFamily}`, ticks: { show: false } }
  const grid = { stroke: style.borderTopColor, width: 1 }
  return {
    width: place.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    padding: [8, 8, 0, 0],
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
    scales: { y: { range: (_plot, _low, high) => [0, Math.max(high * 1.15, LEAST_HEIGHT)] } },
    axes: [
      { ...axis, grid: { show: false }, space: 80, size: 26, values: clockOf },
      { ...axis, grid, size: 52, space: 36, values: (_plot, splits) => splits.map(format) },
    ],
    series: [
      {},
      ...colours.map(({ line, area }) => ({
        stroke: line,
        fill: area,
        width: 1.75,
        points: {
          show: false,
          size: 5,
          fill: line,
          filter: (plot: UPlot, index: number) => loneOnes(plot.data[index]),
        },
      })),
    ],
    hooks: { setCursor: [({ cursor }) => onPoint(cursor.idx ?? null)] },
  }
}

/** Where a value has none beside it to draw a line to: it would not be seen. */
function loneOnes(values: ArrayLike<number | null | undefined> = []): number[] {
  const isThere = (at: number): boolean => typeof values[at] === 'number'
  const all = Array.from(values, (_, at) => at)
  return all.filter((at) => isThere(at) && !isThere(at - 1) && !isThere(at + 1))
}

/** A canvas knows no custom properties: what the legend is drawn with has been resolved. */
function coloursOf(legend: HTMLElement | null): { line: string; area: string }[] {
  return [...(legend?.querySelectorAll('.swatch') ?? [])].map((swatch) => {
    const style = getComputedStyle(swatch)
    return { line: style.color, area: style.outlineColor }
  })
}

/** Rises when colours change, by the switch or by the device. */
function useThemeCount(): number {
  const [count, setCount] = useState(0)
  useEffect(() => {
    const rise = (): void => setCount((now) => now + 1)
    const device = matchMedia('(prefers-color-scheme: dark)')
    addEventListener('themechange', rise)
    device.addEventListener('change', rise)
    return () => {
      removeEventListener('themechange', rise)
      device.removeEventListener('change', rise)
    }
  }, [])
  return count
}

/** Seconds only where minutes would repeat. */
function clockOf(
  _plot: UPlot,
  splits: readonly number[],
  _axis: number,
  _space: number,
  step: number,
): string[] {
  const parts: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }
  if (step < 60) parts.second = '2-digit'
  return splits.map((seconds) => new Date(seconds * 1000).toLocaleTimeString([], parts))
}

function clock(ms: number | undefined): string {
  return ms === undefined ? '' : new Date(ms).toLocaleTimeString()
}
