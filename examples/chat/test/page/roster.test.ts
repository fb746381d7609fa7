import { expect, test } from 'vitest'
import { Roster } from '../../src/page/roster.ts'

test('typing ends by itself, by leaving and by saying so', () => {
  const roster = new Roster()
  roster.restore([
    { id: '1', name: 'Ada' },
    { id: '2', name: 'Bob' },
  ])
  roster.setTyping('1', true, 1000)
  roster.setTyping('2', true, 1000)
  roster.setTyping('unknown', true, 1000)
  expect(roster.typing(5999)).toEqual(['Ada', 'Bob'])
  expect(roster.typing(6000)).toEqual([])
  roster.setTyping('1', true, 6000)
  roster.setTyping('2', true, 6000)
  roster.setTyping('2', false, 6000)
  expect(roster.typing(6001)).toEqual(['Ada'])
  roster.remove('1')
  expect(roster.typing(6001)).toEqual([])
  expect(roster.people).toEqual([{ id: '2', name: 'Bob' }])
})
