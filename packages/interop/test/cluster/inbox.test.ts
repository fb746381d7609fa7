import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  decodeFrame,
  encodeFrame,
  type Frame,
  type FrameHead,
  type FrameOf,
} from '../../src/cluster/wire/frame.ts'
import { Inbox, InboxFault } from '../../src/cluster/wire/inbox.ts'
import { Outbox } from '../../src/cluster/wire/outbox.ts'

const LIMITS = { maxMessageBytes: 1000, maxStateBytes: 2000, maxWaitingBytes: 3000, partBytes: 100 }
const ORIGIN = { from: 'a', epoch: 'e', startedAt: 1 }
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString()

type Cast = FrameOf<'cast'>
type Direct = FrameOf<'state'> | FrameOf<'data'>

function cast(n: number, body: string, after = 0, piece: { size?: number; off?: number } = {}): Cast {
  const d = { b: ['l', after] as const }
  return { ...ORIGIN, kind: 'cast', n, d, size: body.length, off: 0, ...piece, body: Buffer.from(body) }
}

function direct(
  n: number,
  body: string,
  b = 0,
  rest: { size?: number; off?: number; kind?: 'state' } = {},
): Direct {
  return {
    ...ORIGIN,
    kind: 'data',
    link: 'm',
    for: 'l',
    n,
    b,
    size: body.length,
    off: 0,
    ...rest,
    body: Buffer.from(body),
  }
}

function inbox(): { taken: string[]; cast(frame: Cast): void; direct(frame: Direct): void; inner: Inbox } {
  const inner = new Inbox('b', 'l', LIMITS)
  const taken: string[] = []
  const take = (): void => {
    for (let next = inner.take(); next !== undefined; next = inner.take()) taken.push(text(next.body))
  }
  return {
    inner,
    taken,
    cast(frame) {
      inner.cast(frame)
      take()
    },
    direct(frame) {
      inner.direct(frame)
      take()
    },
  }
}

const state = (b: number): Direct => direct(1, 'state', b, { kind: 'state' })

describe('an inbox', () => {
  test('begins with the state, and with the broadcasts that it does not include', () => {
    const box = inbox()
    box.cast(cast(4, 'four'))
    box.cast(cast(5, 'five'))
    box.cast(cast(6, 'six'))
    expect(box.taken).toEqual([])
    box.direct(state(4))
    box.cast(cast(7, 'seven'))
    expect(box.taken).toEqual(['state', 'five', 'six', 'seven'])
  })

  test('passes over broadcasts that the state has overtaken', () => {
    const box = inbox()
    box.cast(cast(4, 'four'))
    box.direct(state(6))
    box.cast(cast(5, 'five'))
    box.cast(cast(6, 'six'))
    box.cast(cast(7, 'seven'))
    expect(box.taken).toEqual(['state', 'seven'])
  })

  test('puts broadcasts and directs into the order in which they were sent', () => {
    const box = inbox()
    box.direct(state(0))
    box.direct(direct(2, 'd2', 1))
    expect(box.taken).toEqual(['state'])
    box.cast(cast(1, 'c1', 1))
    box.cast(cast(2, 'c2', 3))
    expect(box.taken).toEqual(['state', 'c1', 'd2'])
    box.direct(direct(3, 'd3', 1))
    expect(box.taken).toEqual(['state', 'c1', 'd2', 'd3', 'c2'])
  })

  test.each<[string, (box: ReturnType<typeof inbox>) => void]>([
    ['a broadcast is missing', (box) => box.cast(cast(3, 'x'))],
    ['a broadcast comes twice', (box) => [box.cast(cast(2, 'x')), box.cast(cast(2, 'x'))]],
    [
      'a broadcast between the state and the first that came is missing',
      () => {
        const box = inbox()
        box.cast(cast(9, 'x'))
        box.direct(state(7))
      },
    ],
    ['a direct is missing', (box) => box.direct(direct(3, 'x', 1))],
    ['a second state comes', (box) => box.direct(direct(2, 'x', 1, { kind: 'state' }))],
    ['data comes before the state', () => inbox().direct(direct(1, 'x'))],
    ['a piece is missing', (box) => box.cast(cast(2, 'x', 0, { size: 10, off: 1 }))],
    ['a message is too large', (box) => box.cast(cast(2, 'x', 0, { size: 1301 }))],
    [
      'a direct message is too large, though a state may be so',
      (box) => box.direct(direct(2, 'x', 1, { size: 1301 })),
    ],
    [
      'too much waits',
      (box) => {
        for (let n = 2; n < 10; n += 1) box.direct(direct(n, 'x'.repeat(900), 7))
      },
    ],
    ['a heartbeat tells of more broadcasts', (box) => box.inner.beat(2, { link: 'l', count: 1 })],
    [
      'a second heartbeat tells of directs that do not come',
      (box) => [box.inner.beat(1, { link: 'l', count: 2 }), box.inner.beat(1, { link: 'l', count: 2 })],
    ],
  ])('is at fault when %s', (_what, fault) => {
    const box = inbox()
    box.direct(state(1))
    expect(() => fault(box)).toThrow(InboxFault)
  })

  test('gives directs that a heartbeat has overtaken the time until the next', () => {
    const box = inbox()
    box.direct(state(1))
    box.inner.beat(1, { link: 'l', count: 3 })
    box.direct(direct(2, 'x', 1))
    box.inner.beat(1, { link: 'l', count: 4 })
    box.direct(direct(3, 'x', 1))
    box.inner.beat(1, { link: 'l', count: 3 })
    expect(() => box.inner.beat(1, { link: 'l', count: 3 })).not.toThrow()
  })

  test('counts the bytes that the sender counts', () => {
    const box = inbox()
    box.cast(cast(4, '1234'))
    box.cast(cast(5, '12345'))
    box.direct(state(4))
    box.cast(cast(6, '123456', 1))
    box.direct(direct(2, '1234567', 6))
    expect(box.inner.bytes).toBe('12345'.length + 'state'.length + '123456'.length + '1234567'.length)
  })

  test('whatever way the two subjects are mixed on the way, the order is the one of the sender', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ isCast: fc.boolean(), size: fc.integer({ min: 1, max: 40 }) }), {
          maxLength: 40,
        }),
        fc.integer({ min: 0, max: 40 }),
        fc.array(fc.boolean(), { maxLength: 200 }),
        (sent, statePlace, mix) => {
          const casts: Cast[] = []
          const directs: Direct[] = []
          const expected: string[] = []
          const at = Math.min(statePlace, sent.length)
          const sendState = (): void => {
            directs.push(state(casts.length))
            expected.push('state')
          }
          for (const [index, { isCast, size }] of sent.entries()) {
            if (index === at) sendState()
            // Before the state nothing is sent to the node itself.
            if (!isCast && index < at) continue
            const body = `${index}:`.padEnd(size + 4, '.')
            for (let off = 0; off < body.length; off += 10) {
              const piece = body.slice(off, off + 10)
              const place = { size: body.length, off }
              if (isCast) casts.push(cast(casts.length + 1, piece, directs.length, place))
              else directs.push(direct(directs.length + 1, piece, casts.length, place))
            }
            if (index >= at) expected.push(body)
          }
          if (at === sent.length) sendState()
          const box = inbox()
          let [c, d] = [0, 0]
          for (const turn of [
            ...mix,
            ...Array<boolean>(400).fill(true),
            ...Array<boolean>(400).fill(false),
          ]) {
            if (turn && c < casts.length) box.cast(casts[c++]!)
            else if (!turn && d < directs.length) box.direct(directs[d++]!)
          }
          expect(box.taken).toEqual(expected)
        },
      ),
    )
  })
})

describe('an outbox', () => {
  test('makes one batch per receiver, and keeps what is for all in its place', () => {
    const box = new Outbox<string>(1000)
    box.put('x', '1')
    box.put('y', '2')
    box.put('x', '3')
    box.put(undefined, '4')
    box.put(undefined, '5')
    box.put('y', '6')
    box.skip('y')
    box.put('y', '7')
    box.skip(undefined)
    expect(box.hasReady).toBe(true)
    box.seal()
    expect(box.takeReady().map(({ to, entries }) => [to, entries])).toEqual([
      ['x', ['1', '3']],
      ['y', ['2']],
      [undefined, ['4', '5']],
      ['y', ['6']],
      ['y', undefined],
      ['y', ['7']],
      [undefined, undefined],
    ])
    expect(box.size).toBe(0)
    expect(box.takeReady()).toEqual([])
  })

  test('ends a batch that is large enough', () => {
    const box = new Outbox<string>(10)
    box.put('x', '12345')
    expect(box.hasReady).toBe(false)
    box.put('x', '67890')
    expect(box.hasReady).toBe(true)
    box.put('x', '1')
    box.seal()
    expect(box.takeReady().map(({ entries }) => entries)).toEqual([['12345', '67890'], ['1']])
  })
})

describe('a frame', () => {
  const HEADS: [FrameHead, boolean][] = [
    [{ kind: 'hello', link: 'l' }, false],
    [{ kind: 'beat', n: 0, d: { x: ['l', 1] } }, false],
    [{ kind: 'bye' }, false],
    [{ kind: 'cast', n: 1, d: {}, size: 4, off: 0 }, false],
    [{ kind: 'want', link: 'l' }, true],
    [{ kind: 'state', link: 'l', for: 'm', n: 1, b: 0, size: 4, off: 0 }, true],
    [{ kind: 'data', link: 'l', for: 'm', n: 1, b: 0, size: 8, off: 4 }, true],
    [{ kind: 'ack', link: 'l', for: 'm', bytes: 7 }, true],
    [{ kind: 'twin' }, true],
  ]

  test.each(HEADS)('comes out as it went in: %j', (head, isDirect) => {
    const body = 'size' in head ? Buffer.from('\n{}\n') : Buffer.alloc(0)
    const frame = decodeFrame(encodeFrame(ORIGIN, head, body), 'a', isDirect)
    expect(frame).toMatchObject({ ...ORIGIN, ...head })
    expect(text((frame as Frame).body)).toBe(body.toString())
    expect(decodeFrame(encodeFrame(ORIGIN, head, body), 'a', !isDirect)).toBeUndefined()
    expect(decodeFrame(encodeFrame(ORIGIN, head, body), 'b', isDirect)).toBeUndefined()
  })

  test('of any bytes is one or none, and nothing throws', () => {
    const valid = HEADS.map(([head]) => encodeFrame(ORIGIN, head, Buffer.from('body')))
    const changed = fc
      .tuple(
        fc.constantFrom(...valid),
        fc.array(fc.tuple(fc.nat(200), fc.integer({ min: 0, max: 255 })), { maxLength: 4 }),
      )
      .map(([bytes, changes]) => {
        const copy = Uint8Array.from(bytes)
        for (const [at, value] of changes) if (at < copy.length) copy[at] = value
        return copy
      })
    const member = fc.oneof(fc.jsonValue(), fc.constantFrom('a', 'e', 1, 0, 4))
    const built = fc
      .record({
        v: fc.constant(1),
        from: fc.constant('a'),
        epoch: fc.constant('e'),
        startedAt: fc.constant(1),
        kind: fc.constantFrom(...HEADS.map(([{ kind }]) => kind)),
        link: member,
        for: member,
        n: member,
        b: member,
        d: member,
        size: member,
        off: member,
        bytes: member,
      })
      .map((head) => Buffer.from(`${JSON.stringify(head)}\n{}`))
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), changed, built), fc.boolean(), (bytes, isDirect) => {
        const frame = decodeFrame(bytes, 'a', isDirect)
        if (frame === undefined) return
        expect(frame.from).toBe('a')
        const box = new Inbox('b', 'e', LIMITS)
        try {
          if (frame.kind === 'cast') box.cast(frame)
          if (frame.kind === 'state' || frame.kind === 'data') box.direct(frame)
          if (frame.kind === 'beat') box.beat(frame.n, undefined)
          box.take()
        } catch (error) {
          expect(error).toBeInstanceOf(InboxFault)
        }
      }),
      { numRuns: 3000 },
    )
  })
})
