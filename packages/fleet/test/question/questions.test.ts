import {
  encodeDeadLetter,
  encodeInboundEnvelope,
  TransportError,
  type Transport,
} from '@portcullis/transport'
import { createEmbeddedTransport, EmbeddedBroker } from '@portcullis/transport/embedded'
import { beforeEach, describe, expect, test } from 'vitest'
import {
  createFleetAgent,
  createFleetView,
  deadLetterAnswers,
  type FleetAgentOptions,
  type FleetAnswers,
  FleetError,
  type FleetEvents,
  type FleetView,
  type FleetViewOptions,
} from '../../src/index.ts'
import { closing } from '../support/closing.ts'
import { eventually } from '../support/eventually.ts'
import { Gateway } from '../support/gateway.ts'

let broker: EmbeddedBroker
beforeEach(() => {
  broker = new EmbeddedBroker()
})

async function events(): Promise<Transport> {
  const transport = closing(createEmbeddedTransport({ broker }))
  await transport.start()
  return transport
}

async function startView(options: Partial<FleetViewOptions> = {}): Promise<FleetView> {
  const view = closing(createFleetView({ events: await events(), ...options }))
  await view.start()
  return view
}

async function startAgent(answers: FleetAnswers, options: Partial<FleetAgentOptions> = {}) {
  const gateway = new Gateway()
  const agent = closing(
    createFleetAgent({
      events: await events(),
      gatewayId: 'gw1',
      sessions: gateway.sessions,
      counters: gateway.counters,
      onChange: () => undefined,
      onGap: () => undefined,
      reportIntervalMs: 100,
      startWaitMs: 0,
      answers,
      ...options,
    }),
  )
  await agent.start()
  return agent
}

async function together(answers: FleetAnswers, options: Partial<FleetAgentOptions> = {}) {
  const view = await startView()
  const agent = await startAgent(answers, options)
  await eventually(
    () => view.gateways().length,
    (count) => count === 1,
  )
  return { view, agent }
}

async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  const error = await promise.catch((reason: unknown) => reason)
  return FleetError.is(error) ? error.code : error
}

describe('a question', () => {
  test('is answered by the gateway that is asked', async () => {
    const asked: unknown[] = []
    const { view } = await together({
      'session.close': (question) => {
        asked.push(question)
        return { closed: true }
      },
    })
    expect(await view.ask('gw1', 'session.close', { sessionId: 'gw1.a', reason: 'go away' })).toEqual({
      closed: true,
    })
    expect(asked).toEqual([{ sessionId: 'gw1.a', reason: 'go away' }])
  })

  test('to any gateway goes to the longest running of those that answer it', async () => {
    const { view } = await together({}, { gatewayId: 'mute' })
    const page = (next: string) => ({ items: [], next })
    for (const gatewayId of ['second', 'a-third']) {
      const before = Date.now()
      await eventually(
        () => Date.now(),
        (now) => now > before,
      )
      await startAgent({ 'interop.peers': async () => page(gatewayId) }, { gatewayId })
    }
    await eventually(
      () => view.gateways().length,
      (count) => count === 3,
    )
    expect(await view.ask(null, 'interop.peers', {})).toEqual(page('second'))
    expect(await codeOf(view.ask(null, 'visibility.rules', {}))).toBe('ERR_FLEET_QUESTION_UNKNOWN')
  })

  test('is answered by the control plane itself where it can', async () => {
    const view = await startView({ answers: { 'session.close': () => ({ closed: false }) } })
    expect(await view.ask(null, 'session.close', { sessionId: 'x' })).toEqual({ closed: false })
    expect(await codeOf(view.ask(null, 'session.close', { sessionId: '' }))).toBe(
      'ERR_FLEET_QUESTION_INVALID',
    )
    const failing = await startView({
      answers: {
        'interop.peers': () => {
          throw new Error('boom')
        },
        'interop.methods': () => Promise.reject(new TransportError('ERR_TRANSPORT_UNAVAILABLE', 'away')),
        'interop.contexts': () => new Promise(() => undefined),
      },
    })
    expect(await codeOf(failing.ask(null, 'interop.peers', {}))).toBe('ERR_FLEET_ANSWER_FAILED')
    expect(await codeOf(failing.ask(null, 'interop.methods', {}))).toBe('ERR_FLEET_UNAVAILABLE')
    expect(await codeOf(failing.ask(null, 'interop.contexts', {}, { timeoutMs: 20 }))).toBe(
      'ERR_FLEET_TIMEOUT',
    )
  })

  test('whose answer is larger than a frame comes in pieces, whatever is in it', async () => {
    const name = `${'"\\\u0000'.repeat(80)}😀é`
    const context = {
      id: 'c',
      name,
      user: null,
      lifetime: 'retained',
      visibility: 'local' as const,
      hidden: false,
      creatorId: 'p',
      nodeId: 'n',
      bytes: 1,
      members: 0,
    }
    const items = Array.from({ length: 500 }, () => context)
    const { view } = await together({ 'interop.contexts': () => ({ items, next: null }) })
    const spy = await events()
    const sizes: number[] = []
    await spy.subscribeEvents('fleet.answer.*', (payload) => sizes.push(payload.length))
    expect(await view.ask('gw1', 'interop.contexts', { limit: 500 })).toEqual({ items, next: null })
    expect(sizes.length).toBeGreaterThan(3)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(256 * 1024)
  })

  test('that comes twice is answered once', async () => {
    let count = 0
    const { view } = await together({
      'session.close': () => {
        count += 1
        return { closed: true }
      },
    })
    const meddler = await events()
    const doubled: string[] = []
    await meddler.subscribeEvents('fleet.ask.gw1', (payload) => {
      const text = Buffer.from(payload).toString()
      if (doubled.includes(text)) return
      doubled.push(text)
      meddler.publishEvent('fleet.ask.gw1', payload)
    })
    await view.ask('gw1', 'session.close', { sessionId: 'gw1.a' })
    await view.ask('gw1', 'session.close', { sessionId: 'gw1.a' })
    expect([count, doubled.length]).toEqual([2, 2])
  })
})

describe('a question is refused with', () => {
  const never = new Promise<never>(() => undefined)
  const refused = async (
    answers: FleetAnswers,
    ask: (view: FleetView) => Promise<unknown>,
    options?: Partial<FleetAgentOptions>,
  ) => codeOf(ask((await together(answers, options)).view))

  test('ERR_FLEET_GATEWAY_UNKNOWN for a gateway that is not there, and one that goes meanwhile', async () => {
    const { view, agent } = await together({ 'session.close': () => never })
    expect(await codeOf(view.ask('gw2', 'session.close', { sessionId: 'a' }))).toBe(
      'ERR_FLEET_GATEWAY_UNKNOWN',
    )
    const waiting = codeOf(view.ask('gw1', 'session.close', { sessionId: 'a' }))
    await eventually(
      () => agent.stats().questions,
      (count) => count === 1,
    )
    await agent.close()
    expect(await waiting).toBe('ERR_FLEET_GATEWAY_UNKNOWN')
  })

  test('ERR_FLEET_NO_GATEWAY when there is none', async () => {
    expect(await codeOf((await startView()).ask(null, 'visibility.rules', {}))).toBe('ERR_FLEET_NO_GATEWAY')
  })

  test('ERR_FLEET_TIMEOUT when nobody answers in time', async () => {
    expect(
      await refused({ 'session.close': () => never }, (view) =>
        view.ask('gw1', 'session.close', { sessionId: 'a' }, { timeoutMs: 30 }),
      ),
    ).toBe('ERR_FLEET_TIMEOUT')
  })

  test('ERR_FLEET_QUESTION_UNKNOWN when the gateway does not answer it', async () => {
    expect(await refused({}, (view) => view.ask('gw1', 'session.close', { sessionId: 'a' }))).toBe(
      'ERR_FLEET_QUESTION_UNKNOWN',
    )
  })

  test.each<[string, (view: FleetView) => Promise<unknown>]>([
    ['session id', (view) => view.ask('gw1', 'session.close', { sessionId: 'a b' })],
    ['workspace', (view) => view.ask('gw1', 'dead-letters.list', { workspaceId: '*' })],
    ['limit', (view) => view.ask('gw1', 'interop.peers', { limit: 501 })],
    ['nothing', (view) => view.ask('gw1', 'interop.peers', null as never)],
    [
      'question of a size',
      (view) => {
        const identity = Object.fromEntries(
          Array.from({ length: 100 }, (_, n) => [`k${n}`, 'x'.repeat(4000)]),
        )
        return view.ask('gw1', 'visibility.explain', { kind: 'context', name: 'c', identity })
      },
    ],
  ])('ERR_FLEET_QUESTION_INVALID for a %s that is none', async (_what, ask) => {
    expect(await refused({}, ask)).toBe('ERR_FLEET_QUESTION_INVALID')
  })

  test('ERR_FLEET_BUSY when too many are under way, on either side', async () => {
    const answers = { 'session.close': () => never }
    const ask = (view: FleetView) => view.ask('gw1', 'session.close', { sessionId: 'a' }, { timeoutMs: 300 })
    const { view } = await together(answers, { maxQuestions: 2 })
    const codes = await Promise.all([ask(view), ask(view), ask(view)].map(codeOf))
    expect(codes.map(String).toSorted((a, b) => a.localeCompare(b))).toEqual([
      'ERR_FLEET_BUSY',
      'ERR_FLEET_TIMEOUT',
      'ERR_FLEET_TIMEOUT',
    ])
    const small = await startView({ maxQuestions: 1 })
    await eventually(
      () => small.gateways().length,
      (count) => count === 1,
    )
    expect(await Promise.all([ask(small), ask(small)].map(codeOf))).toEqual([
      'ERR_FLEET_BUSY',
      'ERR_FLEET_BUSY',
    ])
  })

  test('ERR_FLEET_ANSWER_FAILED when what answers throws, without its words', async () => {
    const { view } = await together({
      'session.close': () => {
        throw new Error('the password is swordfish')
      },
    })
    const error: unknown = await view
      .ask('gw1', 'session.close', { sessionId: 'a' })
      .catch((reason) => reason)
    expect(error).toMatchObject({ code: 'ERR_FLEET_ANSWER_FAILED', statusCode: 502, retryable: true })
    expect(String(error)).not.toContain('swordfish')
  })

  test('ERR_FLEET_QUESTION_INVALID when what answers names the mistake, and in no other case', async () => {
    const ask = (view: FleetView) => view.ask('gw1', 'interop.peers', { after: 'x' })
    const naming = () => Promise.reject(new TypeError('"after" must be the "next" of a page'))
    expect(await refused({ 'interop.peers': naming }, ask)).toBe('ERR_FLEET_QUESTION_INVALID')
    broker = new EmbeddedBroker()
    const failing = () => Promise.reject(new TypeError("Cannot read properties of undefined (reading 'x')"))
    expect(await refused({ 'interop.peers': failing }, ask)).toBe('ERR_FLEET_ANSWER_FAILED')
  })

  test('ERR_FLEET_UNAVAILABLE when the engine behind the answer is away', async () => {
    const away = () => Promise.reject(new TransportError('ERR_TRANSPORT_TIMEOUT', 'no'))
    expect(
      await refused({ 'session.close': away }, (view) =>
        view.ask('gw1', 'session.close', { sessionId: 'a' }),
      ),
    ).toBe('ERR_FLEET_UNAVAILABLE')
  })

  test('ERR_FLEET_ANSWER_INVALID when the answer makes no sense', async () => {
    const wrong = (() => ({ closed: 'yes' })) as never
    expect(
      await refused({ 'session.close': wrong }, (view) =>
        view.ask('gw1', 'session.close', { sessionId: 'a' }),
      ),
    ).toBe('ERR_FLEET_ANSWER_INVALID')
  })

  test('ERR_FLEET_ANSWER_TOO_LARGE when the answer is larger than is taken', async () => {
    const identity = { x: 'x'.repeat(4000) }
    const rules = Array.from({ length: 1000 }, () => ({ restrictions: 'local' as const, identity }))
    expect(
      await refused(
        { 'visibility.rules': () => ({ contexts: rules, methods: [], peers: [], default: 'local' }) },
        (view) => view.ask('gw1', 'visibility.rules', {}),
      ),
    ).toBe('ERR_FLEET_ANSWER_TOO_LARGE')
  })

  test('ERR_FLEET_ANSWER_TOO_LARGE when the engine takes smaller messages than an answer has', async () => {
    const transport = await events()
    const narrow: FleetEvents = {
      subscribeEvents: (...of) => transport.subscribeEvents(...of),
      publishEvent(subject, payload) {
        if (payload.length > 2000) throw new TransportError('ERR_TRANSPORT_TOO_LARGE', 'no')
        transport.publishEvent(subject, payload)
      },
    }
    const rules = [{ restrictions: 'local' as const, identity: { x: 'x'.repeat(4000) } }]
    expect(
      await refused(
        { 'visibility.rules': () => ({ contexts: rules, methods: [], peers: [], default: 'local' }) },
        (view) => view.ask('gw1', 'visibility.rules', {}),
        { events: narrow },
      ),
    ).toBe('ERR_FLEET_ANSWER_TOO_LARGE')
  })

  test('ERR_FLEET_CLOSED before the view is started and when it is closed', async () => {
    const view = createFleetView({ events: await events() })
    expect(await codeOf(view.ask(null, 'visibility.rules', {}))).toBe('ERR_FLEET_CLOSED')
    const { view: other } = await together({ 'session.close': () => never })
    const waiting = codeOf(other.ask('gw1', 'session.close', { sessionId: 'a' }))
    await Promise.all([other.close(), other.close()])
    expect(await waiting).toBe('ERR_FLEET_CLOSED')
    expect(await codeOf(other.start())).toBe('ERR_FLEET_CLOSED')
    await view.close()
    expect(await codeOf(view.start())).toBe('ERR_FLEET_CLOSED')
  })

  test('a TypeError for the mistake of a caller', async () => {
    const view = await startView()
    await expect(view.ask(null, 'toString' as never, {} as never)).rejects.toThrow(/^"question"/)
    await expect(view.ask(null, 'visibility.rules', {}, { timeoutMs: 0 })).rejects.toThrow(/^"timeoutMs"/)
  })
})

describe('dead letters', () => {
  const scope = { workspaceId: 'acme', projectId: 'shop' }

  async function park(
    transport: Transport,
    over: { payload?: Buffer; payloadBytes?: number; parkedAt?: number } = {},
  ) {
    const payload = encodeDeadLetter({
      scope,
      actor: 'room',
      subject: 'inbound.acme.shop.room.b64-bG9iYnkgMQ',
      sequence: 3,
      messageId: 'm',
      attempts: 5,
      reason: { code: 'ERR_HANDLER', message: 'failed' },
      parkedAt: over.parkedAt ?? 1234,
      payload:
        over.payload ??
        encodeInboundEnvelope({
          scope,
          sessionId: 'gw1.s',
          userId: 'ann',
          claims: { secret: 1 },
          message: { n: 1 },
        }),
      ...(over.payloadBytes === undefined ? {} : { payloadBytes: over.payloadBytes }),
    })
    const messageId = String(Math.random())
    return String((await transport.publishDeadLetter({ scope, actor: 'room', payload, messageId })).sequence)
  }

  test('are looked at, replayed and dropped through a gateway, within their workspace', async () => {
    const transport = await events()
    const { view } = await together(deadLetterAnswers(transport.deadLetters))
    const [whole, broken, cut] = [
      await park(transport),
      await park(transport, { payload: Buffer.from('{') }),
      await park(transport, { payloadBytes: 5000 }),
    ]
    const { items, next } = await view.ask(null, 'dead-letters.list', { workspaceId: 'acme' })
    expect(items.map(({ id }) => id)).toEqual([cut, broken, whole])
    expect(next).toBeNull()
    const summary = {
      id: whole,
      workspaceId: 'acme',
      projectId: 'shop',
      actor: 'room',
      actorId: 'lobby 1',
      sessionId: 'gw1.s',
      userId: 'ann',
      reason: { code: 'ERR_HANDLER', message: 'failed' },
      attempts: 5,
      failedAtMs: 1234,
      payloadBytes: expect.any(Number),
      isWhole: true,
    }
    expect(items[2]).toEqual(summary)
    expect(items[1]).toMatchObject({ sessionId: null, userId: null })
    expect(items[0]).toMatchObject({ isWhole: false, payloadBytes: 5000 })
    const one = { workspaceId: 'acme', id: whole }
    expect(await view.ask(null, 'dead-letters.get', one)).toEqual({ item: { ...summary, message: { n: 1 } } })
    expect((await view.ask(null, 'dead-letters.get', { ...one, id: broken })).item?.message).toBeNull()
    for (const outside of [
      { ...one, workspaceId: 'other' },
      { ...one, projectId: 'chat' },
    ]) {
      expect(await view.ask(null, 'dead-letters.get', outside)).toEqual({ item: null })
      expect(await view.ask(null, 'dead-letters.drop', outside)).toEqual({ dropped: false })
      expect(await view.ask(null, 'dead-letters.replay', outside)).toEqual({
        replayed: false,
        reason: 'unknown',
      })
    }
    expect(await view.ask(null, 'dead-letters.replay', { ...one, id: cut })).toEqual({
      replayed: false,
      reason: 'incomplete',
    })
    expect(await view.ask(null, 'dead-letters.replay', one)).toEqual({ replayed: true })
    expect(await view.ask(null, 'dead-letters.drop', { ...one, id: broken })).toEqual({ dropped: true })
    const page = await view.ask(null, 'dead-letters.list', {
      workspaceId: 'acme',
      projectId: 'shop',
      limit: 1,
    })
    expect(page).toMatchObject({ items: [{ id: cut }], next: null })
  })

  test('of a worker that says what it likes keep nobody from looking at the others', async () => {
    const transport = await events()
    const { view } = await together(deadLetterAnswers(transport.deadLetters))
    await park(transport, { parkedAt: Number.MAX_SAFE_INTEGER })
    const { items } = await view.ask(null, 'dead-letters.list', { workspaceId: 'acme' })
    expect(items.map(({ failedAtMs }) => failedAtMs)).toEqual([Date.parse('9999-12-31T23:59:59.999Z')])
  })

  test('with a cursor or an id that is none are the mistake of whoever asks', async () => {
    const { view } = await together(deadLetterAnswers((await events()).deadLetters))
    const of = (args: { after?: string; limit?: number }) =>
      codeOf(view.ask(null, 'dead-letters.list', { workspaceId: 'acme', ...args }))
    expect(await of({ after: 'nonsense' })).toBe('ERR_FLEET_QUESTION_INVALID')
    expect(await of({ limit: 500 })).not.toBe('ERR_FLEET_QUESTION_INVALID')
    expect(await codeOf(view.ask(null, 'dead-letters.get', { workspaceId: 'acme', id: 'x' }))).toBe(
      'ERR_FLEET_QUESTION_INVALID',
    )
  })
})
