import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startProcess } from '@portcullis/test-servers'
import { ClassicLevel } from 'classic-level'
import { describe, expect, test, vi } from 'vitest'
import { createLevelStore } from '../../src/level/index.ts'
import { authStoreContract } from '../../src/testing/index.ts'
import { begun, clientRecord, inserted, ROOM, tokenFamily } from '../../src/testing/records.ts'

const UNAVAILABLE = { code: 'ERR_AUTH_STORE_UNAVAILABLE', statusCode: 503 }
const REPOSITORY = join(import.meta.dirname, '../../../..')

async function temporaryFolder(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'portcullis-level-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

authStoreContract('level', async () => {
  const folder = await temporaryFolder()
  const store = createLevelStore({ directory: join(folder.path, 'made', 'when missing'), sync: false })
  await store.start()
  return {
    stores: [store, store],
    [Symbol.asyncDispose]: async () => {
      await store.close()
      await folder[Symbol.asyncDispose]()
    },
  }
})

describe('level store', () => {
  test('everything is there after a restart, and what ended is not', async () => {
    await using folder = await temporaryFolder()
    const end = Date.now() + 60_000
    const first = createLevelStore({ directory: folder.path })
    await first.start()
    const { client, version } = await inserted(first)
    const gone = await inserted(first)
    await first.deleteClient(gone.client.clientId)
    const { family, version: familyVersion } = await begun(first)
    const over = tokenFamily({ expiresAt: Date.now() + 50 })
    await first.insertFamily(over)
    await first.claim('claim', end)
    const window = await first.hit('rate', 60_000)
    const revocation = { kind: 'client', id: '\0\ud800', at: 1, expiresAt: end } as const
    await first.addRevocation(revocation)
    await first.close()

    await expect.poll(() => Date.now()).toBeGreaterThan(over.expiresAt)
    await using second = createLevelStore({ directory: folder.path })
    await second.start()
    expect((await second.findClient(client.clientId))?.value).toEqual(client)
    expect((await second.listClients({ limit: 10 })).clients).toEqual([client])
    expect((await second.findFamily(family.familyId))?.value).toEqual(family)
    expect(await second.findFamily(over.familyId)).toBeNull()
    expect(await second.claim('claim', end)).toBe(false)
    expect(await second.peek('rate')).toEqual(window)
    const heard: unknown[] = []
    await second.watchRevocations((each) => heard.push(each))
    expect(heard).toEqual([revocation])
    // The bounds count what was there before; versions of another life are worth nothing.
    expect(
      await second.insertClient(clientRecord({ namespaceId: client.namespaceId }), {
        ...ROOM,
        maxPerNamespace: 1,
      }),
    ).toBe('namespace_full')
    expect(await second.replaceClient({ ...client, name: 'late' }, version)).toBe(false)
    expect(await second.replaceFamily({ ...family, jti: 'late' }, familyVersion)).toBe(false)
    await second.close()
    const database = new ClassicLevel(folder.path)
    expect(await database.get(`family!${family.familyId}`)).toBeDefined()
    expect(await database.get(`family!${over.familyId}`)).toBeUndefined()
    await database.close()
  })

  test('what was answered survives a SIGKILL of the process', async () => {
    await using folder = await temporaryFolder()
    const script = join(import.meta.dirname, '../fixtures/level-writer.ts')
    await using writer = await startProcess({
      args: ['--import', 'tsx', '--conditions=@portcullis/source', script, folder.path],
      cwd: REPOSITORY,
    })
    await writer.waitForOutput(/round \S+ 50\n/, 20_000)
    const second = createLevelStore({ directory: folder.path })
    await expect(second.start()).rejects.toMatchObject(UNAVAILABLE)
    await expect(second.start()).rejects.toThrow(folder.path)
    await writer.kill()

    const [, clientId = ''] = /client (\S+)/.exec(writer.output()) ?? []
    const [, familyId = '', round = ''] = [...writer.output().matchAll(/round (\S+) (\d+)\n/g)].at(-1) ?? []
    await second.start()
    expect(await second.findClient(clientId)).not.toBeNull()
    const found = await second.findFamily(familyId)
    expect(found?.value.createdAt).toBeGreaterThanOrEqual(Number(round))
    expect(await second.claim(`claim ${round}`, Date.now() + 60_000)).toBe(false)
    await second.close()
  })

  test('a second opener in this process is refused by name of the directory', async () => {
    await using folder = await temporaryFolder()
    await using first = createLevelStore({ directory: folder.path })
    await Promise.all([first.start(), first.start()])
    const second = createLevelStore({ directory: folder.path })
    await expect(second.start()).rejects.toMatchObject(UNAVAILABLE)
    await expect(second.findClient('c_1')).rejects.toMatchObject(UNAVAILABLE)
    await second.close()
    expect(await first.findClient('c_1')).toBeNull()
  })

  test.each([
    ['a record that is not JSON', 'client!c_1', 'x'],
    ['a record without a schema number', 'client!c_1', '{}'],
    ['a record of a later schema', 'client!c_1', '{"schema":2,"value":{}}'],
    ['a record with a wrong member', 'family!f', '{"schema":1,"value":{"familyId":5}}'],
    ['a record of an unknown kind', 'other!c_1', '{"schema":1,"value":1}'],
    ['another format', 'portcullis-auth', '2'],
  ])('%s ends the start with an error naming the directory, and stays', async (_, key, value) => {
    await using folder = await temporaryFolder()
    const healthy = createLevelStore({ directory: folder.path })
    await healthy.start()
    await healthy.close()
    const damage = new ClassicLevel(folder.path)
    await damage.put(key, value)
    await damage.close()
    const store = createLevelStore({ directory: folder.path })
    await expect(store.start()).rejects.toThrow(folder.path)
    await store.close()
    const after = new ClassicLevel(folder.path)
    expect(await after.get(key)).toBe(value)
    await after.close()
  })

  test('the database of something else is refused and left alone', async () => {
    await using folder = await temporaryFolder()
    const foreign = new ClassicLevel(folder.path)
    await foreign.put('a', 'b')
    await foreign.close()
    await expect(createLevelStore({ directory: folder.path }).start()).rejects.toThrow(/something else/)
    const after = new ClassicLevel(folder.path)
    expect(await after.keys().all()).toEqual(['a'])
    await after.close()
  })

  test('a database whose files are damaged is refused by name of the directory', async () => {
    await using folder = await temporaryFolder()
    const healthy = createLevelStore({ directory: folder.path })
    await healthy.start()
    await inserted(healthy)
    await healthy.close()
    await writeFile(join(folder.path, 'CURRENT'), 'nonsense')
    await expect(createLevelStore({ directory: folder.path }).start()).rejects.toThrow(folder.path)
    const file = join(folder.path, 'file')
    await writeFile(file, '')
    await expect(createLevelStore({ directory: file }).start()).rejects.toThrow(file)
    expect(await readdir(folder.path)).toContain('CURRENT')
  })

  test('after a write that failed nothing of it is seen, and the store recovers by itself', async () => {
    await using folder = await temporaryFolder()
    await using store = createLevelStore({ directory: folder.path })
    await store.start()
    const { family, version } = await begun(store)
    const states: boolean[] = []
    const heard: string[] = []
    await store.watchRevocations(
      (revocation) => heard.push(revocation.id),
      (isCurrent) => states.push(isCurrent),
    )
    // A full disk cannot be had on demand.
    const batch = vi.spyOn(ClassicLevel.prototype, 'batch').mockRejectedValueOnce(new Error('ENOSPC'))
    const revocation = { kind: 'token', at: 1, expiresAt: Date.now() + 60_000 } as const
    const results = await Promise.allSettled([
      store.replaceFamily({ ...family, jti: 'lost' }, version),
      store.addRevocation({ ...revocation, id: 'lost' }),
      store.claim('lost', Date.now() + 60_000),
    ])
    batch.mockRestore()
    for (const result of results) {
      expect((result as PromiseRejectedResult).reason).toMatchObject(UNAVAILABLE)
    }
    await expect
      .poll(() => store.findFamily(family.familyId).then((found) => found?.value.jti), { timeout: 5000 })
      .toBe(family.jti)
    expect(heard).toEqual([])
    expect(states).toEqual([true, false, true])
    expect(await store.claim('lost', Date.now() + 60_000)).toBe(true)
    await store.addRevocation({ ...revocation, id: 'kept' })
    expect(heard).toEqual(['kept'])
  })

  test('a revocation that was written though its write failed is told on recovery', async () => {
    await using folder = await temporaryFolder()
    await using store = createLevelStore({ directory: folder.path })
    await store.start()
    const heard: string[] = []
    await store.watchRevocations(({ id }) => heard.push(id))
    const write = ClassicLevel.prototype.batch as (...args: unknown[]) => Promise<void>
    const batch = vi.spyOn(ClassicLevel.prototype, 'batch').mockImplementationOnce(async function (
      this: ClassicLevel,
      ...args: unknown[]
    ) {
      await write.apply(this, args)
      throw new Error('EIO')
    } as never)
    const revocation = { kind: 'token', id: 'a', at: 1, expiresAt: Date.now() + 60_000 } as const
    await expect(store.addRevocation(revocation)).rejects.toMatchObject(UNAVAILABLE)
    batch.mockRestore()
    expect(heard).toEqual([])
    await expect.poll(() => store.peek('key').catch(() => undefined), { timeout: 5000 }).toBeNull()
    expect(heard).toEqual(['a'])
  })

  test.each([
    [true, [true, false]],
    [false, [false, false]],
  ])('with sync %s a claim and a hit are flushed: %j', async (sync, flushed) => {
    await using folder = await temporaryFolder()
    await using store = createLevelStore({ directory: folder.path, sync })
    await store.start()
    const batch = vi.spyOn(ClassicLevel.prototype, 'batch')
    await store.claim('key', Date.now() + 60_000)
    await store.hit('key', 60_000)
    const options = batch.mock.calls.map((call) => (call as unknown[])[1])
    batch.mockRestore()
    expect(options).toEqual(flushed.map((each) => ({ sync: each })))
  })

  test('changes that a disk cannot keep up with are refused, and those before them written', async () => {
    await using folder = await temporaryFolder()
    await using store = createLevelStore({ directory: folder.path, sync: false })
    await store.start()
    const results = await Promise.allSettled(
      Array.from({ length: 11_000 }, (_, index) => store.claim(`${index}`, Date.now() + 60_000)),
    )
    const refused = results.filter((result) => result.status === 'rejected')
    expect(results.length - refused.length).toBeGreaterThanOrEqual(10_000)
    expect(refused.length).toBeGreaterThan(0)
    for (const { reason } of refused) expect(reason).toMatchObject(UNAVAILABLE)
    expect(await store.claim('0', Date.now() + 60_000)).toBe(false)
    expect(await store.claim('10999', Date.now() + 60_000)).toBe(true)
  })

  test('while the directory cannot be read again every call is an outage, whatever the clock does', async () => {
    await using folder = await temporaryFolder()
    await using store = createLevelStore({ directory: folder.path })
    await store.start()
    const { family } = await begun(store)
    vi.useFakeTimers({ toFake: ['Date'] })
    try {
      const batch = vi.spyOn(ClassicLevel.prototype, 'batch').mockRejectedValueOnce(new Error('ENOSPC'))
      await expect(store.claim('lost', Date.now() + 60_000)).rejects.toMatchObject(UNAVAILABLE)
      batch.mockRestore()
      const current = join(folder.path, 'CURRENT')
      const healthy = await readFile(current)
      await writeFile(current, 'nonsense')
      const calls = [
        store.findFamily(family.familyId),
        store.claim('key', Date.now() + 60_000),
        store.watchRevocations(() => undefined),
      ]
      const results = await Promise.allSettled(calls)
      for (const result of results) {
        expect((result as PromiseRejectedResult).reason).toMatchObject(UNAVAILABLE)
      }
      await writeFile(current, healthy)
      vi.setSystemTime(Date.now() - 3_600_000)
      const find = (): Promise<unknown> => store.findFamily(family.familyId).catch(() => undefined)
      await expect.poll(find, { timeout: 5000 }).toMatchObject({ value: family })
    } finally {
      vi.useRealTimers()
    }
  })

  test('limits below what is there end the start by name of the directory, and lose nothing', async () => {
    await using folder = await temporaryFolder()
    const first = createLevelStore({ directory: folder.path })
    await first.start()
    const { family } = await begun(first)
    await begun(first)
    await first.close()
    const small = createLevelStore({ directory: folder.path, maxFamilies: 1 })
    await expect(small.start()).rejects.toThrow(`${folder.path}: it holds more live records`)
    await small.close()
    await using again = createLevelStore({ directory: folder.path })
    await again.start()
    expect((await again.findFamily(family.familyId))?.value).toEqual(family)
  })

  test('a start that failed can be made again', async () => {
    await using folder = await temporaryFolder()
    const directory = join(folder.path, 'store')
    await writeFile(directory, '')
    await using store = createLevelStore({ directory })
    await expect(store.start()).rejects.toThrow(directory)
    await rm(directory)
    await mkdir(directory)
    await store.start()
    expect(await store.findClient('c_1')).toBeNull()
  })

  test('a store that is not started, or closed, answers nothing', async () => {
    await using folder = await temporaryFolder()
    const store = createLevelStore({ directory: folder.path })
    await expect(store.findClient('c_1')).rejects.toMatchObject(UNAVAILABLE)
    await store.start()
    const last = store.claim('key', Date.now() + 60_000)
    await Promise.all([store.close(), store.close()])
    await last.catch((error: unknown) => expect(error).toMatchObject(UNAVAILABLE))
    await expect(store.claim('other', Date.now() + 60_000)).rejects.toMatchObject(UNAVAILABLE)
    await expect(store.start()).rejects.toMatchObject(UNAVAILABLE)
  })

  test.each([
    ['directory', { directory: '' }],
    ['directory', { directory: 5 }],
    ['directory', { directory: 'a\0b' }],
    ['sync', { directory: 'x', sync: 1 }],
    ['maxFamilies', { directory: 'x', maxFamilies: 0 }],
  ])('a wrong %s option is a mistake of the calling code', (name, options) => {
    expect(() => createLevelStore(options as never)).toThrow(`"${name}" option`)
  })
})
