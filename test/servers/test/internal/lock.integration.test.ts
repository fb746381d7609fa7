import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startProcess } from '../../src/index.ts'
import { withLock } from '../../src/internal/lock.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const LOCK = join(import.meta.dirname, '../../src/internal/lock.ts')

/** A process that takes the lock and keeps it. */
async function holder(folder: string, path: string): ReturnType<typeof startProcess> {
  const script = join(folder, 'holder.mts')
  await writeFile(
    script,
    `import { withLock } from ${JSON.stringify(LOCK)}
     await withLock(${JSON.stringify(path)}, async () => {
       console.log('held')
       const alive = setInterval(() => {}, 1000)
       await new Promise((resolve) => process.once('SIGTERM', resolve))
       clearInterval(alive)
     }, { staleMs: 1000 })`,
  )
  return startProcess({ args: ['--import', import.meta.resolve('tsx'), script], readyWhen: /held/ })
}

test('waits for another process for as long as that one lives', async () => {
  await using folder = await tempFolder()
  const path = join(folder.path, 'lock')
  await using other = await holder(folder.path, path)
  await expect(withLock(path, async () => 'mine', { staleMs: 1000, timeoutMs: 2000 })).rejects.toThrow(
    'is held',
  )
  await other.stop()
  expect(await withLock(path, async () => 'mine')).toBe('mine')
})

test('goes on without another process that was killed', async () => {
  await using folder = await tempFolder()
  const path = join(folder.path, 'lock')
  await using other = await holder(folder.path, path)
  await other.kill()
  expect(await withLock(path, async () => 'mine', { staleMs: 1000, timeoutMs: 5000 })).toBe('mine')
})
