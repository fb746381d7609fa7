import { describe, expect, test } from 'vitest'
import { readMessage } from '../../src/chat/read-message.ts'

const key = 'k'.repeat(16)

describe('messages', () => {
  test.each([
    [
      { type: 'join', name: ' Ada   Lovelace ', key },
      { type: 'join', name: 'Ada Lovelace', key },
    ],
    [
      { type: 'here', name: 'Ada' },
      { type: 'here', name: 'Ada' },
    ],
    [
      { type: 'say', text: ' hi\nthere ' },
      { type: 'say', text: 'hi\nthere' },
    ],
    [
      { type: 'say', text: 'hi', ref: 'r-1', name: 'Ada', key },
      { type: 'say', text: 'hi', ref: 'r-1', name: 'Ada', key },
    ],
    [
      { type: 'typing', on: true },
      { type: 'typing', on: true },
    ],
    [{ type: 'leave', more: 1 }, { type: 'leave' }],
  ])('%j', (given, expected) => {
    expect(JSON.parse(JSON.stringify(readMessage(given)))).toEqual(expected)
  })
})

describe('what is none gets a problem and never throws', () => {
  test.each([
    [null, 'invalid_message'],
    ['text', 'invalid_message'],
    [[], 'invalid_message'],
    [{}, 'invalid_message'],
    [{ type: 'constructor' }, 'invalid_message'],
    [{ type: ['join'] }, 'invalid_message'],
    [{ type: 'typing' }, 'invalid_message'],
    [{ type: 'typing', on: 1 }, 'invalid_message'],
    [{ type: 'join' }, 'invalid_name'],
    [{ type: 'join', name: '' }, 'invalid_name'],
    [{ type: 'join', name: ' \u0000\u202e ' }, 'invalid_name'],
    [{ type: 'join', name: 'x'.repeat(33) }, 'invalid_name'],
    [{ type: 'join', name: { toString: 'x' } }, 'invalid_name'],
    [{ type: 'join', name: 'Ada', key: 'short' }, 'invalid_message'],
    [{ type: 'join', name: 'Ada', key: 5 }, 'invalid_message'],
    [{ type: 'say' }, 'invalid_text'],
    [{ type: 'say', text: ' \n ' }, 'invalid_text'],
    [{ type: 'say', text: 'x'.repeat(2001) }, 'invalid_text'],
    [{ type: 'say', text: 'x', ref: 'a b' }, 'invalid_message'],
    [{ type: 'say', text: 'x', ref: 'r'.repeat(65) }, 'invalid_message'],
    [{ type: 'say', text: 'x', name: '' }, 'invalid_name'],
  ])('%#', (given, problem) => {
    expect(readMessage(given)).toMatchObject({ problem })
  })
})

test('control characters and marks that turn the reading direction are taken out', () => {
  expect(readMessage({ type: 'say', text: 'a\u0000b\u001b[31m\u202egnp.exe\tc' })).toMatchObject({
    text: 'ab[31mgnp.exe\tc',
  })
  expect(readMessage({ type: 'join', name: 'A\u202eda\n' })).toMatchObject({ name: 'A da' })
})
