import { expect, test } from 'vitest'
import { areaPath, change, linePath } from '../../src/page/chart.ts'

const BOX = { width: 100, height: 48 }

test('a line goes from edge to edge and from the lowest price to the highest', () => {
  expect(linePath([1, 3, 2], BOX)).toBe('M0.0 44.0L50.0 4.0L100.0 24.0')
  expect(areaPath([1, 3], BOX)).toBe('M0.0 44.0L100.0 4.0L100 48L0 48Z')
})

test('prices that do not move are a line in the middle, and one price is none', () => {
  expect(linePath([7, 7], BOX)).toBe('M0.0 24.0L100.0 24.0')
  expect(linePath([7], BOX)).toBe('')
  expect(areaPath([], BOX)).toBe('')
})

test('the change is told from the first price to the last', () => {
  expect(change([200, 1, 205])).toEqual({ text: '+2.50 %', isUp: true })
  expect(change([200, 199])).toEqual({ text: '−0.50 %', isUp: false })
  expect(change([200])).toBeUndefined()
})
