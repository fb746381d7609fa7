import { expect, test } from 'vitest'
import { choosePlace, freePlace, PLACES, timeIn } from '../../src/page/places.ts'

test('a desk stands where its address says, and anywhere when that is nowhere', () => {
  expect(choosePlace('Tokyo')).toMatchObject({ zone: 'Asia/Tokyo' })
  expect(choosePlace('<b>Atlantis</b>', () => 0)).toBe(PLACES[0])
  expect(choosePlace(null, () => 0.999)).toBe(PLACES.at(-1))
})

test('the next desk stands where no other does, while there is such a place', () => {
  expect(freePlace(new Set(['London', 'New York'])).city).toBe('Tokyo')
  expect(PLACES).toContain(freePlace(new Set(PLACES.map(({ city }) => city))))
})

test('the clock on the wall goes by the place', () => {
  const at = new Date('2026-01-15T12:00:00Z')
  expect(PLACES.map((place) => timeIn(place, at))).toContain('21:00')
  expect(timeIn(choosePlace('New York'), at)).toBe('07:00')
})
