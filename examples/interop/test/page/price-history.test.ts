import { expect, test } from 'vitest'
import { PriceHistory } from '../../src/page/price-history.ts'

test('prices are kept by instrument, oldest first, and no more of them than the chart shows', () => {
  const history = new PriceHistory()
  for (let price = 1; price <= 200; price += 1) history.add({ ALF: price })
  expect(history.of('ALF')).toHaveLength(90)
  expect(history.of('ALF').at(-1)).toBe(200)
  expect(history.of('CPL')).toEqual([])
})

test('what is no price of an instrument is left out', () => {
  const history = new PriceHistory()
  for (const prices of [null, 'x', { ALF: '1' }, { ALF: NaN }, { ALF: -1 }, { XXX: 1 }, { ALF: 0 }]) {
    history.add(prices)
  }
  expect(Object.values(history.toJSON()).flat()).toEqual([])
  history.restore({ ALF: [1, 'x', null, 2], CPL: 'x', XXX: [1] })
  expect(history.of('ALF')).toEqual([1, 2])
  expect(history.of('CPL')).toEqual([])
})

test('what one window remembers another starts from', () => {
  const [here, there] = [new PriceHistory(), new PriceHistory()]
  here.add({ ALF: 1, CPL: 5 })
  here.add({ ALF: 2 })
  there.add({ ALF: 9 })
  there.restore(JSON.parse(JSON.stringify(here)))
  expect(there.of('ALF')).toEqual([1, 2])
  expect(there.of('CPL')).toEqual([5])
  there.restore(undefined)
  expect(there.of('ALF')).toEqual([])
})
