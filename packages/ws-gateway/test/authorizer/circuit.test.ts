import { beforeEach, describe, expect, test, vi } from 'vitest'
import { Circuit } from '../../src/authorizer/circuit.ts'
import { Circuits, type Outcome } from '../../src/authorizer/circuits.ts'

const OPTIONS = { failures: 5, openMs: 1000 }

describe('one circuit', () => {
  let circuit: Circuit
  beforeEach(() => {
    circuit = new Circuit(OPTIONS)
  })
  function fail(times: number, now: number): void {
    for (let n = 0; n < times; n += 1) if (circuit.enter(now)) circuit.fail(now)
  }

  test('opens with the fifth failure in a row', () => {
    fail(4, 0)
    expect(circuit.state(0)).toBe('closed')
    fail(1, 0)
    expect([circuit.state(0), circuit.enter(0), circuit.waitMs(400)]).toEqual(['open', false, 600])
  })

  test('does not with failures that are not in a row', () => {
    fail(4, 0)
    circuit.succeed()
    fail(4, 0)
    expect(circuit.enter(0)).toBe(true)
  })

  test('lets one at a time find out whether it is back', () => {
    fail(5, 0)
    expect(circuit.enter(999)).toBe(false)
    expect([circuit.state(1000), circuit.enter(1000), circuit.enter(1000)]).toEqual([
      'half-open',
      true,
      false,
    ])
    circuit.fail(1500)
    expect([circuit.enter(2499), circuit.enter(2500)]).toEqual([false, true])
    circuit.succeed()
    expect([circuit.state(2500), circuit.enter(2500), circuit.enter(2500)]).toEqual(['closed', true, true])
  })

  test('an attempt that says nothing makes room for the next', () => {
    fail(5, 0)
    circuit.enter(1000)
    circuit.abandon()
    expect([circuit.enter(1000), circuit.enter(1000)]).toEqual([true, false])
  })
})

describe('the circuits of a control plane', () => {
  let circuits: Circuits
  let now: number
  beforeEach(() => {
    now = 0
    vi.spyOn(performance, 'now').mockImplementation(() => now)
    circuits = new Circuits(OPTIONS)
    return () => vi.restoreAllMocks()
  })
  const attempt = (host: string, outcome: Outcome): Promise<unknown> =>
    circuits.run(host, async () => ({ outcome }))
  async function attempts(times: number, host: string, outcome: Outcome): Promise<void> {
    for (let n = 0; n < times; n += 1) await attempt(host, outcome)
  }

  test('one that is away is left alone for all hosts', async () => {
    for (const host of ['a', 'b', 'c', 'd', 'e']) await attempt(host, 'failed')
    now = 100
    await expect(attempt('f', 'answered')).rejects.toMatchObject({
      code: 'control_plane_unavailable',
      statusCode: 503,
      retryAfterSeconds: 1,
    })
    expect(circuits.state()).toBe('open')
    now = 1000
    await attempt('f', 'answered')
    expect(circuits.state()).toBe('closed')
  })

  test.each<Outcome>(['late', 'failed-here'])(
    'one that is %s for a host is left alone for it only',
    async (what) => {
      await attempts(5, 'a', what)
      await expect(attempt('a', 'answered')).rejects.toMatchObject({ code: 'control_plane_unavailable' })
      expect(circuits.state()).toBe('closed')
      await attempt('b', 'answered')
      now = 1000
      await attempt('a', 'answered')
      await attempts(4, 'a', what)
      await attempt('a', 'answered')
    },
  )

  test('one that is back and fails for a host is back for the others', async () => {
    await attempts(5, 'a', 'failed')
    now = 1000
    await attempt('a', 'failed-here')
    expect(circuits.state()).toBe('closed')
    await attempt('b', 'answered')
  })

  test('hosts that are late open nothing for others, however many they are', async () => {
    for (let n = 0; n < 3000; n += 1) await attempt(`h${n}`, 'late')
    await attempt('other', 'answered')
  })

  test('a place to try is not lost to a host that is left alone, nor to one who left or threw', async () => {
    await attempts(5, 'a', 'late')
    await attempts(5, 'b', 'failed')
    now = 1000
    await attempts(1, 'a', 'late')
    // The line is due to be tried, and the host is not.
    await expect(attempt('a', 'answered')).rejects.toMatchObject({ code: 'control_plane_unavailable' })
    await attempt('b', 'unknown')
    await expect(circuits.run('b', () => Promise.reject(new Error('odd')))).rejects.toThrow('odd')
    await attempt('b', 'answered')
    expect(circuits.state()).toBe('closed')
  })

  test('only one tries at a time', async () => {
    await attempts(5, 'a', 'failed')
    now = 1000
    let answer!: (value: { outcome: Outcome }) => void
    const probe = circuits.run('a', () => new Promise<{ outcome: Outcome }>((resolve) => (answer = resolve)))
    await expect(attempt('b', 'answered')).rejects.toMatchObject({ code: 'control_plane_unavailable' })
    answer({ outcome: 'answered' })
    await probe
    await attempt('b', 'answered')
  })
})
