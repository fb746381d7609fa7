import { beforeEach, describe, expect, test } from 'vitest'
import { Conversation } from '../../src/page/conversation.ts'

const message = (
  id: string,
  from = 'you',
): { id: string; from: string; name: string; text: string; at: number } => ({
  id,
  from,
  name: from,
  text: `text of ${id}`,
  at: 5,
})

let conversation: Conversation
const shown = (): (string | undefined)[][] => conversation.lines.map(({ key, delivery }) => [key, delivery])

beforeEach(() => {
  conversation = new Conversation()
})

describe("one's own message", () => {
  test('is pending, then delivered, then where the room has put it, as one and the same line', () => {
    conversation.add('r1', 'hi', 'Ada', 1)
    expect(shown()).toEqual([['r1', 'pending']])
    conversation.hear(message('m1', 'bob'), 'you')
    conversation.settle('r1', 'delivered')
    expect(shown()).toEqual([
      ['m1', undefined],
      ['r1', 'delivered'],
    ])
    conversation.hear(message('m2'), 'you', 'r1')
    expect(shown()).toEqual([
      ['m1', undefined],
      ['r1', 'delivered'],
    ])
    // The acknowledgement may be slower than the room.
    conversation.settle('r1', 'delivered')
    expect(shown()).toHaveLength(2)
  })

  test('that failed stays and can be sent again', () => {
    conversation.add('r1', 'hi', 'Ada', 1)
    conversation.settle('r1', 'failed')
    expect(shown()).toEqual([['r1', 'failed']])
    conversation.add('r1', 'hi', 'Ada', 2)
    expect(shown()).toEqual([['r1', 'pending']])
  })
})

test('history after a reconnect doubles nothing and keeps what is pending below it', () => {
  conversation.add('r1', 'hi', 'Ada', 1)
  conversation.hear(message('m1'), 'you', 'r1')
  conversation.add('r2', 'again', 'Ada', 1)
  conversation.restore([message('m1'), message('m2', 'bob')], 'you')
  conversation.hear(message('m2', 'bob'), 'you')
  expect(shown()).toEqual([
    ['r1', 'delivered'],
    ['m2', undefined],
    ['r2', 'pending'],
  ])
})

test('it is bounded', () => {
  for (let count = 0; count < 400; count += 1) conversation.hear(message(`m${count}`, 'bob'), 'you')
  expect(shown()).toHaveLength(300)
  expect(shown().at(-1)).toEqual(['m399', undefined])
})
