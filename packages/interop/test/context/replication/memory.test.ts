import { expect, test } from 'vitest'
import { createMemory } from '../../../src/context/replication/memory.ts'

test('what was destroyed or withdrawn is remembered, the last ten thousand of each', () => {
  const memory = createMemory()
  for (let count = 0; count <= 10_000; count += 1) {
    memory.destroyed(`d${count}`)
    memory.withdrawn(`w${count}`)
  }
  expect(['d0', 'd1', 'd10000', 'w1'].map(memory.wasDestroyed)).toEqual([false, true, true, false])
  expect(['w0', 'w1', 'w10000', 'd1'].map(memory.wasWithdrawn)).toEqual([false, true, true, false])
})

test('operations carried out are remembered per node, the last of each, for so many nodes', () => {
  const memory = createMemory()
  for (let number = 0; number <= 4096; number += 1) memory.carriedOut('a', number)
  memory.carriedOut('b', 1)
  expect([0, 1, 4096].map((number) => memory.wasCarriedOut('a', number))).toEqual([false, true, true])
  expect([0, 1].map((number) => memory.wasCarriedOut('b', number))).toEqual([false, true])
  for (let node = 0; node < 255; node += 1) memory.carriedOut(`n${node}`, 1)
  expect(['a', 'b', 'n254'].map((node) => memory.wasCarriedOut(node, 1))).toEqual([false, true, true])
})
