import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const css = readFileSync(new URL('../../src/pages/style/colours.css', import.meta.url), 'utf8')
const colours = new Map(
  [...css.matchAll(/--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)].map(
    ([, name = '', light = '', dark = '']) => [name, { light, dark }] as const,
  ),
)

/** Relative luminance, as WCAG 2.2 defines it. */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return value <= 0.040_45 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].toSorted((a, b) => b - a)
  return (light + 0.05) / (dark + 0.05)
}

const GROUNDS = ['ground', 'surface', 'raised', 'sunken', 'hover']
const PAIRS: readonly (readonly [text: string, ground: string, least: number])[] = [
  ...GROUNDS.flatMap((ground) => [['ink', ground, 7] as const, ['ink-soft', ground, 4.5] as const]),
  ['accent', 'surface', 4.5],
  ['accent', 'ground', 4.5],
  ['accent', 'accent-soft', 4.5],
  ['ink', 'accent-soft', 7],
  ['ink-soft', 'accent-soft', 4.5],
  ['on-accent', 'accent', 4.5],
  ['on-accent', 'accent-hover', 4.5],
  ['good', 'good-soft', 4.5],
  ['good', 'sunken', 4.5],
  ['warn', 'warn-soft', 4.5],
  ['bad', 'bad-soft', 4.5],
  ['bad', 'surface', 4.5],
  ['ink', 'good-soft', 7],
  ['ink', 'bad-soft', 7],
  // Borders of fields, and lines of charts.
  ['line-strong', 'surface', 3],
  ['chart-1', 'surface', 3],
  ['chart-2', 'surface', 3],
]

test.each(PAIRS)('%s on %s has a contrast of %d or more, in light and in dark', (text, ground, least) => {
  const [front, back] = [colours.get(text), colours.get(ground)]
  if (front === undefined || back === undefined) throw new Error('there is no such colour')
  expect(contrast(front.light, back.light)).toBeGreaterThanOrEqual(least)
  expect(contrast(front.dark, back.dark)).toBeGreaterThanOrEqual(least)
})
