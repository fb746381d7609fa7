import { expect, test } from 'vitest'
import { createLogTail } from '../../src/process/log-tail.ts'

test('keeps the end of a long output', () => {
  const log = createLogTail(5)
  log.add('abc')
  log.add('defg')
  expect(log.text()).toBe('cdefg')
})

test('finds what came before the wait and what comes in pieces after it', async () => {
  const log = createLogTail()
  log.add('port 12')
  const signal = AbortSignal.timeout(1000)
  expect((await log.waitFor(/port \d/, signal))[0]).toBe('port 1')
  const later = log.waitFor(/port (\d+)\n/, signal)
  log.add('34\n')
  expect((await later)[1]).toBe('1234')
})

test('ends a wait with the reason of the signal', async () => {
  const end = new AbortController()
  const waiting = createLogTail().waitFor(/never/, end.signal)
  end.abort(new Error('ended'))
  await expect(waiting).rejects.toThrow('ended')
})
