import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Fifo } from '../../src/internal/fifo.ts'

test('behaves as an array does, over thousands of items', () => {
  const operation = fc.oneof(
    { weight: 5, arbitrary: fc.record({ push: fc.integer({ min: 1, max: 400 }) }) },
    { weight: 5, arbitrary: fc.record({ shift: fc.integer({ min: 1, max: 400 }) }) },
    { weight: 1, arbitrary: fc.record({ putBack: fc.integer({ min: 0, max: 5 }) }) },
  )
  fc.assert(
    fc.property(fc.array(operation, { minLength: 10, maxLength: 60 }), (operations) => {
      const fifo = new Fifo<number>()
      const model: number[] = []
      let next = 0
      for (const step of operations) {
        if ('push' in step) {
          for (let n = 0; n < step.push; n += 1) {
            fifo.push((next += 1))
            model.push(next)
          }
        } else if ('shift' in step) {
          for (let n = 0; n < step.shift; n += 1) expect(fifo.shift()).toBe(model.shift())
        } else {
          const items = Array.from({ length: step.putBack }, () => (next += 1))
          fifo.putBack(items)
          model.unshift(...items)
        }
        expect(fifo.length).toBe(model.length)
        expect(fifo.peek()).toBe(model[0])
      }
    }),
    { numRuns: 50 },
  )
})

test('what was taken out can be collected at once', async () => {
  const { setFlagsFromString } = await import('node:v8')
  const { runInNewContext } = await import('node:vm')
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const fifo = new Fifo<object>()
  fifo.push({})
  fifo.push({})
  const taken = new WeakRef(fifo.shift() as object)
  // A weak reference holds on until the end of the turn that made it.
  await new Promise((resolve) => setImmediate(resolve))
  collect()
  expect(taken.deref()).toBeUndefined()
  expect(fifo.length).toBe(1)
})
