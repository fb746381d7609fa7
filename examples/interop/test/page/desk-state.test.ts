import { expect, test } from 'vitest'
import { MAX_NOTE_LENGTH, readDeskState } from '../../src/page/desk-state.ts'

test('what windows write is read', () => {
  const state = readDeskState({
    focus: { id: 'CPL', by: 'London' },
    notes: { ALF: { text: 'buy', by: 'Tokyo' }, CPL: { text: '', by: 'Sofia' } },
  })
  expect(state.focus).toEqual({ id: 'CPL', by: 'London' })
  expect(Object.fromEntries(state.notes)).toEqual({
    ALF: { text: 'buy', by: 'Tokyo' },
    CPL: { text: '', by: 'Sofia' },
  })
})

test.each([
  [undefined],
  [null],
  ['text'],
  [{ focus: 'CPL', notes: 'none' }],
  [{ focus: { id: 'XXX', by: 'London' }, notes: { XXX: { text: 'a', by: 'b' } } }],
  [{ focus: { id: 'CPL' }, notes: { CPL: { text: 1, by: 'b' }, ALF: null, BKS: { text: 'a' } } }],
  [{ focus: { id: 'toString', by: 'x' }, notes: JSON.parse('{"__proto__":{"text":"a","by":"b"}}') }],
])('what another program wrote instead, %j, is left out', (data) => {
  const { focus, notes } = readDeskState(data)
  expect(focus).toBeUndefined()
  expect(notes.size).toBe(0)
})

test('a note is cut at its greatest length', () => {
  const text = 'x'.repeat(MAX_NOTE_LENGTH + 1)
  expect(readDeskState({ notes: { ALF: { text, by: 'b' } } }).notes.get('ALF')?.text).toHaveLength(
    MAX_NOTE_LENGTH,
  )
})
