import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { ChangeFollower } from '../../src/agent/change-follower.ts'
import type { ChangesFrame } from '../../src/change/change-schema.ts'
import type { FleetChange } from '../../src/index.ts'

const change = (sequence: number): FleetChange => ({
  sequence,
  workspaceId: 'w',
  projectId: 'p',
  kind: 'admission',
  hosts: [],
  addedHosts: [],
  userId: null,
})
const beat = (latest: number, log = 'db'): ChangesFrame => ({ kind: 'beat', from: 'cp', log, latest })
const told = (after: number, through: number, sequences: number[], log = 'db'): ChangesFrame => ({
  kind: 'changes',
  from: 'cp',
  log,
  after,
  through,
  changes: sequences.map(change),
})

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

function follow() {
  const applied: number[] = []
  const asked: number[] = []
  const follower = new ChangeFollower({
    onChange: ({ sequence }) => applied.push(sequence),
    onGap: () => applied.push(Number.NaN),
    ask: (logs) => asked.push(...logs.map(({ after }) => after)),
  })
  return { follower, applied, asked }
}

describe('changes', () => {
  test('of the time before the first control plane is heard are not known: that is a gap', () => {
    const { follower, applied, asked } = follow()
    follower.receive(beat(7))
    follower.receive(beat(7))
    expect([applied, asked]).toEqual([[Number.NaN], []])
  })

  test('are applied once each, as they come', () => {
    const { follower, applied, asked } = follow()
    follower.receive(beat(7))
    for (const frame of [
      told(7, 8, [8]),
      told(7, 8, [8]),
      told(8, 10, [9, 10]),
      told(5, 9, [6, 7, 8, 9]),
      beat(10),
    ]) {
      follower.receive(frame)
    }
    expect([applied.slice(1), asked]).toEqual([[8, 9, 10], []])
  })

  test('that overtake each other are applied at once, and what is missing is asked for', () => {
    const { follower, applied, asked } = follow()
    follower.receive(beat(0))
    follower.receive(told(1, 2, [2]))
    expect([applied.slice(1), asked]).toEqual([[2], [0]])
    follower.receive(told(0, 1, [1]))
    follower.receive(told(2, 3, [3]))
    expect([applied.slice(1), asked]).toEqual([[2, 1, 3], [0]])
    expect(follower.gaps).toBe(1)
  })

  test('that a heartbeat tells of and nobody has sent are asked for again and again, and in the end a gap', () => {
    const { follower, applied, asked } = follow()
    follower.receive(beat(3))
    follower.receive(beat(5))
    expect(asked).toEqual([3])
    vi.advanceTimersByTime(2000)
    expect(asked).toEqual([3, 3, 3, 3, 3])
    expect(follower.gaps).toBe(1)
    vi.advanceTimersByTime(4000)
    expect(applied).toEqual([Number.NaN, Number.NaN])
    const count = asked.length
    vi.advanceTimersByTime(60_000)
    follower.receive(beat(5))
    expect([asked.length, follower.gaps]).toEqual([count, 2])
  })

  test('whose numbers nobody used are no gap', () => {
    const { follower, applied, asked } = follow()
    follower.receive(beat(3))
    follower.receive(told(5, 6, [6]))
    expect(asked).toEqual([3])
    follower.receive(told(3, 6, [6]))
    vi.advanceTimersByTime(60_000)
    expect([applied.slice(1), asked]).toEqual([[6], [3]])
  })

  test('that cannot be told any more are a gap, for those that miss them only', () => {
    const { follower, applied } = follow()
    follower.receive(beat(10))
    follower.receive({ kind: 'unknown', from: 'cp', log: 'db', after: 2, latest: 10 })
    expect(follower.gaps).toBe(1)
    follower.receive(beat(12))
    // An answer to one that is further behind.
    follower.receive({ kind: 'unknown', from: 'cp', log: 'db', after: 9, latest: 12 })
    expect(follower.gaps).toBe(1)
    follower.receive({ kind: 'unknown', from: 'cp', log: 'db', after: 10, latest: 12 })
    expect(follower.gaps).toBe(2)
    follower.receive(told(12, 13, [13]))
    expect(applied.at(-1)).toBe(13)
  })

  test('of a control plane that is a moment behind another are no reason for anything', () => {
    const { follower } = follow()
    follower.receive(beat(10))
    for (let second = 0; second < 60; second += 1) {
      vi.advanceTimersByTime(1000)
      follower.receive(beat(9))
      follower.receive(beat(10))
    }
    expect(follower.gaps).toBe(1)
  })

  test('of a database that was put back are a gap, and followed from there on', () => {
    const { follower, applied } = follow()
    follower.receive(beat(10))
    for (let second = 0; second <= 10; second += 1) {
      vi.advanceTimersByTime(1000)
      follower.receive(beat(4))
    }
    expect(follower.gaps).toBe(2)
    follower.receive(told(4, 5, [5]))
    expect(applied.at(-1)).toBe(5)
  })

  test('of several logs have nothing to do with each other, and of many the least heard is forgotten', () => {
    const { follower, asked } = follow()
    follower.receive(beat(10, 'a'))
    follower.receive(beat(2, 'b'))
    follower.receive(told(2, 3, [3], 'b'))
    expect([follower.gaps, asked]).toEqual([2, []])
    for (let n = 0; n < 100; n += 1) {
      vi.advanceTimersByTime(1)
      follower.receive(beat(1, `log${n}`))
    }
    follower.receive(beat(10, 'a'))
    expect(follower.gaps).toBe(2 + 100 + 1)
  })

  test('far beyond what is known are kept up to a bound', () => {
    const { follower, applied } = follow()
    follower.receive(beat(0))
    for (let n = 2; n <= 12_000; n += 1) follower.receive(told(n - 1, n, [n]))
    expect(applied.filter(Number.isNaN)).toHaveLength(2)
    expect(follower.changes).toBe(11_999)
  })

  test('however they are lost, repeated and mixed up: each is applied, or there is a gap after it happened', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            step: fc.integer({ min: 1, max: 3 }),
            fate: fc.constantFrom('ok', 'lost', 'twice', 'late'),
          }),
          {
            minLength: 1,
            maxLength: 40,
          },
        ),
        fc.boolean(),
        (fates, isAnswered) => {
          let latest = 0
          const happened: number[] = []
          const applied = new Set<number>()
          let coveredByGap = 0
          const asked: number[] = []
          const follower = new ChangeFollower({
            onChange: ({ sequence }) => {
              expect(applied.has(sequence)).toBe(false)
              applied.add(sequence)
            },
            onGap: () => {
              coveredByGap = latest
            },
            ask: (logs) => asked.push(...logs.map(({ after }) => after)),
          })
          follower.receive(beat(0))
          const late: ChangesFrame[] = []
          for (const { step, fate } of fates) {
            // Numbers can be left out.
            latest += step
            happened.push(latest)
            const frame = told(latest - 1, latest, [latest])
            if (fate === 'late') late.push(frame)
            else if (fate !== 'lost')
              for (let n = 0; n < (fate === 'twice' ? 2 : 1); n += 1) follower.receive(frame)
            if (late.length > 2) for (const one of late.splice(0).toReversed()) follower.receive(one)
            vi.advanceTimersByTime(300)
          }
          for (let second = 0; second < 20; second += 1) {
            vi.advanceTimersByTime(1000)
            follower.receive(beat(latest))
            for (const after of isAnswered ? asked.splice(0) : []) {
              const missed = happened.filter((sequence) => sequence > after)
              follower.receive(told(after, latest, missed))
            }
          }
          for (const sequence of happened)
            expect(applied.has(sequence) || sequence <= coveredByGap).toBe(true)
          if (isAnswered && fates.length < 10) expect(applied.size).toBe(happened.length)
          follower.close()
        },
      ),
      { numRuns: 300 },
    )
  })
})
