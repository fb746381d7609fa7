import { expect, test } from 'vitest'
import { Counts } from '../src/stats.ts'

test.each(['unauthorized', 'constructor', 'toString', '__proto__'])(
  'refusals with the code %j are counted from 1',
  (code) => {
    const counts = new Counts()
    counts.refuse(code)
    counts.refuse(code)
    expect(Object.entries({ ...counts.upgradesRefused })).toEqual([[code, 2]])
  },
)
