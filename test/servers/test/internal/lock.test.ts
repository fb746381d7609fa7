import { existsSync } from 'node:fs'
import { mkdir, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { withLock } from '../../src/internal/lock.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

test('runs one at a time and is free afterwards, also after a failure', async () => {
  await using folder = await tempFolder()
  const path = join(folder.path, 'deep', 'lock')
  let inside = 0
  const work = async (): Promise<void> => {
    expect(++inside).toBe(1)
    await sleep(20)
    inside--
    throw new Error('failed')
  }
  const results = await Promise.allSettled([1, 2, 3].map(() => withLock(path, work)))
  expect(results.map((result) => result.status === 'rejected' && String(result.reason))).toEqual(
    Array.from({ length: 3 }, () => 'Error: failed'),
  )
  expect(existsSync(path)).toBe(false)
})

test('takes over a lock whose holder is gone', async () => {
  await using folder = await tempFolder()
  const path = join(folder.path, 'lock')
  await mkdir(path)
  const longAgo = new Date(Date.now() - 60_000)
  await utimes(path, longAgo, longAgo)
  expect(await withLock(path, async () => 'done', { staleMs: 1000 })).toBe('done')
})

test('does not take over a lock whose holder works for longer than the stale time', async () => {
  await using folder = await tempFolder()
  const path = join(folder.path, 'lock')
  const order: string[] = []
  const slow = withLock(path, () => sleep(1500).then(() => order.push('slow')), { staleMs: 500 })
  await sleep(50)
  await withLock(path, async () => order.push('second'), { staleMs: 500 })
  await slow
  expect(order).toEqual(['slow', 'second'])
})

test('gives up with the path of the lock when it is held for too long', async () => {
  await using folder = await tempFolder()
  const path = join(folder.path, 'lock')
  await mkdir(path)
  await expect(withLock(path, async () => 'done', { timeoutMs: 200 })).rejects.toThrow(path)
})
