import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { Answer, Question } from '../../src/authorizer/ask-control-plane.ts'
import { Decisions } from '../../src/authorizer/decisions.ts'
import { GatewayError, type Grant, type ProjectChange } from '../../src/index.ts'
import { Queue } from '../support/queue.ts'

const SETTINGS = {
  grantCacheMs: 30_000,
  refusalCacheMs: 5000,
  maxCacheEntries: 100,
  maxCacheBytes: 100_000,
  maxPending: 100,
}
const GRANT: Grant = { workspaceId: 'acme', projectId: 'one', userId: 'ann', claims: { roles: ['x'] } }
const CHANGE: ProjectChange = {
  workspaceId: 'acme',
  projectId: 'one',
  kind: 'admission',
  hosts: [],
  addedHosts: [],
  userId: null,
}
const ELSEWHERE = { ...CHANGE, projectId: 'two' }

interface Asked {
  question: Question
  signal: AbortSignal
  answer: (answer: Answer) => void
}

const granted = (grant: Grant = GRANT, bytes = 100): Answer => ({
  outcome: 'answered',
  kind: 'grant',
  grant,
  bytes,
})
const refused: Answer = {
  outcome: 'answered',
  kind: 'refusal',
  refusal: { code: 'unauthorized', message: 'no', peerCode: 'ERR_AUTH_TOKEN_INVALID' },
  bytes: 50,
}
const failed: Answer = {
  outcome: 'failed',
  kind: 'fault',
  error: new GatewayError('control_plane_unavailable', 'away'),
}
const DENIED = { code: 'unauthorized', peerCode: 'ERR_AUTH_TOKEN_INVALID', message: 'no', statusCode: 401 }
const AWAY = { code: 'control_plane_unavailable', statusCode: 503 }

let asked: Queue<Asked>
let decisions: Decisions

function make(settings: Partial<typeof SETTINGS> = {}): Decisions {
  return new Decisions(
    { ...SETTINGS, ...settings },
    (question, signal) => new Promise((answer) => asked.push({ question, signal, answer })),
  )
}
function decide(token: string | null = 'token', host = 'chat.example'): Promise<Grant> {
  return decisions.decide({ host, token }, new AbortController().signal)
}
/** Asks, and has it answered. */
async function decided(
  answer: Answer,
  token: string | null = 'token',
  host = 'chat.example',
): Promise<Grant> {
  const promise = decide(token, host)
  const { answer: give } = await asked.next()
  give(answer)
  return await promise
}

beforeEach(() => {
  asked = new Queue()
  decisions = make()
})

describe('what is kept', () => {
  test('one grant serves many, and says nothing of its token', async () => {
    const first = await decided(granted())
    const others = await Promise.all([decide(), decide(), decide()])
    for (const other of others) expect(other).toBe(first)
    expect(first).toMatchObject(GRANT)
    expect(first.isRevoked?.()).toBe(false)
    expect(asked.all).toHaveLength(1)
    expect(decisions.counts).toEqual({ cacheHits: 3, pending: 0, cachedGrants: 1, cachedRefusals: 0 })
  })

  test('nobody changes what others have', async () => {
    const grant = await decided(granted())
    expect(() => Object.assign(grant.claims, { roles: ['admin'] })).toThrow(TypeError)
    expect(() => (grant.claims['roles'] as string[]).push('admin')).toThrow(TypeError)
    expect(() => Object.assign(grant, { userId: 'root' })).toThrow(TypeError)
  })

  test('a refusal is told again with code and message, as an error of its own', async () => {
    await expect(decided(refused)).rejects.toMatchObject(DENIED)
    const errors = await Promise.all(
      [decide(), decide()].map((promise) => promise.catch((error: unknown) => error)),
    )
    for (const error of errors) expect(error).toMatchObject(DENIED)
    expect(errors[0]).not.toBe(errors[1])
    expect(asked.all).toHaveLength(1)
  })

  test('a fault is not kept', async () => {
    await expect(decided(failed)).rejects.toMatchObject(AWAY)
    expect(await decided(granted())).toMatchObject(GRANT)
  })

  test.each([
    ['another token', 'other', 'chat.example'],
    ['no token', null, 'chat.example'],
    ['another host', 'token', 'chat2.example'],
    [
      'a token that is the hash of it',
      createHash('sha256').update('token').digest('base64url'),
      'chat.example',
    ],
    ['an odd host', 'token', 'chat.example '],
  ])('it does not answer for %s', async (_what, token, host) => {
    await decided(granted())
    await expect(decided(refused, token, host)).rejects.toMatchObject(DENIED)
  })

  test('it does for other spellings of the host', async () => {
    const first = await decided(granted())
    for (const host of ['CHAT.example', 'chat.example:443', 'chat.example.']) {
      expect(await decide('token', host)).toBe(first)
    }
  })

  test('a host can be given no form that answers for another client', async () => {
    const hash = createHash('sha256').update('token').digest('base64url')
    await decided(granted())
    for (const host of [
      `${hash} chat.example`,
      'chat.example\u0000',
      `- chat.example`,
      `chat.example ${hash}`,
    ]) {
      await expect(decided(refused, null, host)).rejects.toMatchObject(DENIED)
    }
  })

  test('nothing of a token names it, and neither what is under way', async () => {
    const set = vi.spyOn(Map.prototype, 'set')
    try {
      await decided(granted(), 'secret')
      await expect(decided(refused, 'secret-too')).rejects.toThrow('no')
      const keys = set.mock.calls.map(([key]) => key as unknown).filter((key) => typeof key === 'string')
      const hash = createHash('sha256').update('secret').digest('base64url')
      expect(keys).toContain(`${hash} chat.example`)
      expect(keys.filter((key) => key.includes('secret'))).toEqual([])
    } finally {
      set.mockRestore()
    }
  })
})

describe('for how long', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date', 'performance'] })
    return () => vi.useRealTimers()
  })

  test('a grant 30 s, a refusal 5 s', async () => {
    await decided(granted())
    await expect(decided(refused, 'bad')).rejects.toMatchObject(DENIED)
    vi.advanceTimersByTime(4999)
    await expect(decide('bad')).rejects.toMatchObject(DENIED)
    vi.advanceTimersByTime(1)
    await decided(granted(), 'bad')
    vi.advanceTimersByTime(24_999)
    await decide()
    vi.advanceTimersByTime(1)
    await expect(decided(refused)).rejects.toMatchObject(DENIED)
  })

  test('never longer than its token', async () => {
    const expiresAtMs = Date.now() + 1000
    await decided(granted({ ...GRANT, expiresAtMs }))
    vi.advanceTimersByTime(999)
    await decide()
    vi.advanceTimersByTime(1)
    await expect(decided(refused)).rejects.toMatchObject(DENIED)
  })

  test('not longer either when the wall clock is set back, and shorter when it is set forward', async () => {
    const expiresAtMs = Date.now() + 1000
    await decided(granted({ ...GRANT, expiresAtMs }))
    vi.setSystemTime(Date.now() - 3_600_000)
    vi.advanceTimersByTime(1000)
    await expect(decided(refused)).rejects.toMatchObject(DENIED)
    decisions = make()
    await decided(granted({ ...GRANT, expiresAtMs: Date.now() + 10_000 }))
    vi.setSystemTime(Date.now() + 10_000)
    await expect(decided(refused)).rejects.toMatchObject(DENIED)
  })

  test('one whose token is over already is handed on and not kept: the gateway says what is wrong with it', async () => {
    const over = { ...GRANT, expiresAtMs: Date.now() - 1 }
    expect(await decided(granted(over))).toMatchObject(over)
    expect(decisions.counts.cachedGrants).toBe(0)
  })

  test('not at all with times of 0, and then it is still asked once for all', async () => {
    decisions = make({ grantCacheMs: 0, refusalCacheMs: 0 })
    const waiting = [decide(), decide()]
    const { answer } = await asked.next()
    answer(granted())
    await Promise.all(waiting)
    await expect(decided(refused)).rejects.toMatchObject(DENIED)
    await decided(granted())
    expect(decisions.counts).toMatchObject({ cacheHits: 0, cachedGrants: 0, cachedRefusals: 0 })
  })
})

describe('and how much', () => {
  test('so many grants and so many refusals, neither of which drives out the other', async () => {
    decisions = make({ maxCacheEntries: 2 })
    await decided(granted(), 'good')
    for (let n = 0; n < 5; n += 1) await decided(refused, `bad${n}`).catch(() => undefined)
    expect(decisions.counts).toMatchObject({ cachedGrants: 1, cachedRefusals: 2 })
    await decide('good')
  })

  test('so many bytes', async () => {
    decisions = make({ maxCacheBytes: 1000 })
    for (let n = 0; n < 5; n += 1) await decided(granted(GRANT, 400), `t${n}`)
    expect(decisions.counts.cachedGrants).toBe(2)
    await decided(granted(GRANT, 5000), 'huge')
    expect(decisions.counts.cachedGrants).toBe(2)
  })

  test('one question more than may be under way is an outage', async () => {
    decisions = make({ maxPending: 1 })
    const first = decide('one')
    await expect(decide('two')).rejects.toMatchObject(AWAY)
    const { answer } = await asked.next()
    answer(granted())
    await first
  })
})

test('claims that are nested however deep are no fault', async () => {
  const deep = JSON.parse(`${'['.repeat(30_000)}${']'.repeat(30_000)}`) as unknown
  expect((await decided(granted({ ...GRANT, claims: { deep } }))).claims['deep']).toBeInstanceOf(Array)
})

describe('a change', () => {
  test('ends what it concerns, and has it asked for again', async () => {
    const grant = await decided(granted())
    decisions.apply(CHANGE)
    expect(grant.isRevoked?.()).toBe(true)
    await expect(decided(refused)).rejects.toMatchObject(DENIED)
  })

  test('leaves alone what it does not', async () => {
    const grant = await decided(granted())
    decisions.apply(ELSEWHERE)
    decisions.apply({ ...CHANGE, kind: 'user', userId: 'bob' })
    decisions.apply({ ...CHANGE, kind: 'hosts', hosts: ['*.example'], addedHosts: ['other.example'] })
    expect(grant.isRevoked?.()).toBe(false)
    expect(await decide()).toBe(grant)
  })

  test('of limits closes nobody, and the next one has the new limits', async () => {
    const grant = await decided(granted())
    decisions.apply({ ...CHANGE, kind: 'limits' })
    expect(grant.isRevoked?.()).toBe(false)
    const limits = { maxConnections: 5 }
    expect(await decided(granted({ ...GRANT, limits }))).toMatchObject({ limits })
  })

  test('of any project has refusals asked for again: nobody knows whose they were', async () => {
    await expect(decided(refused)).rejects.toMatchObject(DENIED)
    decisions.apply(ELSEWHERE)
    expect(await decided(granted())).toMatchObject(GRANT)
  })

  test('ends also what is not kept any more', async () => {
    decisions = make({ maxCacheEntries: 1 })
    const grant = await decided(granted())
    await decided(granted(), 'other')
    decisions.apply(CHANGE)
    expect(grant.isRevoked?.()).toBe(true)
  })

  test('that is missed: all is over', async () => {
    const grant = await decided(granted())
    await decided(refused, 'bad').catch(() => undefined)
    decisions.applyAll()
    expect(grant.isRevoked?.()).toBe(true)
    expect(decisions.counts).toMatchObject({ cachedGrants: 0, cachedRefusals: 0 })
    expect((await decided(granted())).isRevoked?.()).toBe(false)
  })
})

describe('a change while a question is under way', () => {
  test.each<[string, () => void]>([
    ['of the project', () => decisions.apply(CHANGE)],
    ['of its limits', () => decisions.apply({ ...CHANGE, kind: 'limits' })],
    ['of the user', () => decisions.apply({ ...CHANGE, kind: 'user', userId: 'ann' })],
    ['of its hosts', () => decisions.apply({ ...CHANGE, kind: 'hosts', hosts: ['other.example'] })],
    [
      'that gave the host to another',
      () => decisions.apply({ ...ELSEWHERE, kind: 'hosts', addedHosts: ['chat.example'] }),
    ],
    ['that was missed', () => decisions.applyAll()],
    [
      'that was one of very many',
      () => {
        for (let n = 0; n < 500; n += 1) decisions.apply(ELSEWHERE)
      },
    ],
  ])('%s has it asked again, for all who wait', async (_what, apply) => {
    const waiting = [decide(), decide()]
    const first = await asked.next()
    apply()
    first.answer(granted({ ...GRANT, claims: { of: 'before' } }))
    const second = await asked.next()
    expect(second.question).toEqual(first.question)
    second.answer(granted({ ...GRANT, claims: { of: 'after' } }))
    for (const grant of await Promise.all(waiting)) {
      expect([grant.claims, grant.isRevoked?.()]).toEqual([{ of: 'after' }, false])
    }
    expect((await decide()).claims).toEqual({ of: 'after' })
    expect(asked.all).toHaveLength(2)
  })

  test('of another project or user does not', async () => {
    const waiting = decide()
    const { answer } = await asked.next()
    decisions.apply(ELSEWHERE)
    decisions.apply({ ...CHANGE, kind: 'user', userId: 'bob' })
    answer(granted())
    expect(await waiting).toMatchObject(GRANT)
    await decide()
    expect(asked.all).toHaveLength(1)
  })

  test('has a refusal asked again, whatever it was of', async () => {
    const waiting = decide()
    const first = await asked.next()
    decisions.apply(ELSEWHERE)
    first.answer(refused)
    const second = await asked.next()
    second.answer(granted())
    expect(await waiting).toMatchObject(GRANT)
  })

  test('that comes with every answer: nobody is let in by an answer of before', async () => {
    const waiting = decide()
    for (let n = 0; n < 3; n += 1) {
      const { answer } = await asked.next()
      decisions.apply(CHANGE)
      answer(granted())
    }
    await expect(waiting).rejects.toMatchObject(AWAY)
    expect(asked.all).toHaveLength(3)
    expect(decisions.counts).toMatchObject({ cachedGrants: 0, pending: 0 })
  })

  test('that comes with every refusal: it is told, and not kept', async () => {
    const waiting = decide()
    for (let n = 0; n < 3; n += 1) {
      const { answer } = await asked.next()
      decisions.apply(ELSEWHERE)
      answer(refused)
    }
    await expect(waiting).rejects.toMatchObject(DENIED)
    expect(decisions.counts.cachedRefusals).toBe(0)
  })

  test('and then the control plane fails: it is an outage, and nothing of before is used', async () => {
    const waiting = decide()
    const first = await asked.next()
    decisions.apply(CHANGE)
    first.answer(granted())
    const second = await asked.next()
    second.answer(failed)
    await expect(waiting).rejects.toMatchObject(AWAY)
    await expect(decided(failed)).rejects.toMatchObject(AWAY)
  })

  test('and then nobody waits: it is not asked again', async () => {
    const leaver = new AbortController()
    const waiting = decisions.decide({ host: 'chat.example', token: 't' }, leaver.signal)
    const first = await asked.next()
    decisions.apply(CHANGE)
    leaver.abort()
    await expect(waiting).rejects.toMatchObject(AWAY)
    expect(first.signal.aborted).toBe(true)
    first.answer(granted())
    await new Promise((resolve) => setImmediate(resolve))
    expect([asked.all.length, decisions.counts.pending]).toEqual([1, 0])
  })
})

test.each([0, 1, 2, 3, 4, 5, 6, 8, 12])(
  'a change %i microtasks after the answer is not lost on its way to the one who waits',
  async (delay) => {
    const waiting = decide()
    const { answer } = await asked.next()
    answer(granted())
    for (let n = 0; n < delay; n += 1) await Promise.resolve()
    decisions.apply(CHANGE)
    const again = asked.length(2).then(() => asked.all[1]!.answer(refused))
    const grant = await waiting.catch((error: unknown) => error as GatewayError)
    if (GatewayError.is(grant)) await again
    else expect(grant.isRevoked?.()).toBe(true)
  },
)

test('whatever happens in whatever order: who holds a grant that says it holds has one of after the last change', async () => {
  const step = fc.constantFrom('ask', 'answer', 'change', 'elsewhere', 'all', 'limits')
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      asked = new Queue()
      decisions = make()
      let version = 0
      const held: Grant[] = []
      /** The control plane reads when it is asked, and is read late. */
      const open: (() => void)[] = []
      const wait = async (): Promise<void> => {
        for (let n = 0; n < 20; n += 1) await Promise.resolve()
        while (open.length < asked.all.length) {
          const { answer } = asked.all[open.length]!
          const claims = { version }
          open.push(() => answer(granted({ ...GRANT, claims })))
        }
      }
      for (const what of steps) {
        if (what === 'ask')
          void decide().then(
            (grant) => held.push(grant),
            () => undefined,
          )
        if (what === 'answer') for (const give of open) give()
        if (what === 'change' || what === 'all') {
          version += 1
          if (what === 'all') decisions.applyAll()
          else decisions.apply(CHANGE)
        }
        if (what === 'elsewhere') decisions.apply(ELSEWHERE)
        if (what === 'limits') decisions.apply({ ...CHANGE, kind: 'limits' })
        await wait()
        for (const { claims, isRevoked } of held) {
          expect(isRevoked?.()).toBe(claims['version'] !== version)
        }
      }
    }),
  )
})
