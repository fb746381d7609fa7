import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { hashSync } from 'bcryptjs'
import { afterAll, describe, expect, test } from 'vitest'
import { createBcryptPool } from '../../src/hashing/bcrypt-pool.ts'
import { createSecretHasher } from '../../src/hashing/index.ts'
import { AuthError } from '../../src/index.ts'
import { codeOfRejection } from '../code-of.ts'

const hasher = createSecretHasher({ maxThreads: 2 })
afterAll(() => hasher.close())

/** Cheap, and as good as any other for what is tested with it. */
const STORED = hashSync('right', 4)

describe('hash and verify', () => {
  test('a secret verifies with its hash, another one does not, and no two hashes are the same', async () => {
    const longest = '€'.repeat(24)
    const [one, two] = await Promise.all([hasher.hash(longest), hasher.hash(longest)])
    expect(one).toMatch(/^\$2b\$10\$[./A-Za-z0-9]{53}$/)
    expect(one).not.toBe(two)
    expect(await hasher.verify(longest, one)).toBe(true)
    expect(await hasher.verify(`${'€'.repeat(23)}abc`, one)).toBe(false)
  })

  test('a hash of another cost and an older version verifies', async () => {
    for (const stored of [
      STORED,
      STORED.replace('$2b$', '$2a$'),
      STORED.replace('$2b$', '$2y$'),
      hashSync('right', 11),
    ]) {
      expect(await hasher.verify('right', stored)).toBe(true)
      expect(await hasher.verify('wrong', stored)).toBe(false)
    }
  })

  test('an unknown client and a malformed hash are false', async () => {
    const stored = [
      null,
      undefined as never,
      '',
      'right',
      7 as never,
      `$2b$31$${'a'.repeat(53)}`,
      `$2b$10$${'a'.repeat(53)}`,
    ]
    expect(await Promise.all(stored.map((one) => hasher.verify('right', one)))).toEqual(
      stored.map(() => false),
    )
  })

  test('new hashes have the cost that is asked for', async () => {
    await using costly = createSecretHasher({ cost: 11, maxThreads: 1 })
    expect(await costly.hash('right')).toMatch(/^\$2b\$11\$/)
  })
})

describe('the event loop', () => {
  test('turns while hashes are made, and for one that does not match anything as well', async () => {
    let turns = 0
    let running = true
    const turn = (): void => {
      turns += 1
      if (running) setImmediate(turn)
    }
    setImmediate(turn)
    const before = turns
    await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        index % 2 === 0 ? hasher.hash('a') : hasher.verify('a', null),
      ),
    )
    running = false
    // On the loop itself there would be a turn or two for each.
    expect(turns - before).toBeGreaterThan(100)
  })
})

describe('too many calls', () => {
  test('past the threads and the queue they are refused, with a time to come back', async () => {
    await using small = createSecretHasher({ maxThreads: 1, maxQueue: 2 })
    const accepted = Array.from({ length: 3 }, () => small.verify('right', STORED))
    const refused = await Promise.all(
      [() => small.hash('a'), () => small.verify('a', STORED), () => small.verify('a', null)].map(
        async (run) => {
          const error: unknown = await run().catch((thrown: unknown) => thrown)
          return AuthError.is(error) ? [error.code, error.statusCode, error.retryAfterSeconds] : error
        },
      ),
    )
    expect(refused).toEqual(Array.from({ length: 3 }, () => ['ERR_AUTH_HASHING_BUSY', 503, 1]))
    expect(await Promise.all(accepted)).toEqual([true, true, true])
    expect(await small.verify('right', STORED)).toBe(true)
  })

  test('a queue of none refuses what no thread can take', async () => {
    await using none = createSecretHasher({ maxThreads: 1, maxQueue: 0 })
    const first = none.verify('right', STORED)
    expect(await codeOfRejection(none.verify('right', STORED))).toBe('ERR_AUTH_HASHING_BUSY')
    expect(await first).toBe(true)
  })
})

describe('close', () => {
  test('rejects what runs, what waits and what comes later, with a code, and may be called twice', async () => {
    const closing = createSecretHasher({ cost: 13, maxThreads: 1 })
    const under = Array.from({ length: 3 }, () => codeOfRejection(closing.hash('a')))
    await Promise.all([closing.close(), closing.close(), closing[Symbol.asyncDispose]()])
    expect(await Promise.all(under)).toEqual(Array.from({ length: 3 }, () => 'ERR_AUTH_HASHING_UNAVAILABLE'))
    expect(await codeOfRejection(closing.verify('a', null))).toBe('ERR_AUTH_HASHING_UNAVAILABLE')
    expect(await codeOfRejection(closing.hash(''))).toBe('ERR_AUTH_SECRET_INVALID')
  })

  test('of a hasher that was never used does nothing', async () => {
    await createSecretHasher().close()
  })
})

describe('threads', () => {
  test('start when they are needed, at most maxThreads of them', async () => {
    const pool = createBcryptPool(2)
    expect(pool.threads).toHaveLength(0)
    const seen: number[] = []
    const tasks = Array.from({ length: 8 }, async () => {
      await pool.run({ secret: 'a', cost: 8 })
      seen.push(pool.threads.length)
    })
    await Promise.all(tasks)
    expect(Math.max(...seen)).toBe(2)
    await pool.destroy()
    expect(pool.threads).toHaveLength(0)
  })

  test('that die fail their own call, and a new one serves those that wait', async () => {
    const pool = createBcryptPool(1)
    expect(await pool.run({ secret: 'right', hash: STORED })).toBe(true)
    const dying = pool.run({ secret: 'a', cost: 15 }).catch((error: unknown) => error)
    const waiting = [1, 2, 3].map(() => pool.run({ secret: 'right', hash: STORED }))
    await Promise.all(pool.threads.map((thread) => thread.terminate()))
    expect(await dying).toBeInstanceOf(Error)
    expect(await Promise.all(waiting)).toEqual([true, true, true])
    await pool.destroy()
  })

  test('that all die at once are replaced, however many they were', async () => {
    const pool = createBcryptPool(4)
    const dying = [1, 2, 3, 4].map(() => pool.run({ secret: 'a', cost: 15 }).catch((error: unknown) => error))
    const waiting = [1, 2, 3].map(() => pool.run({ secret: 'right', hash: STORED }))
    // A thread says so when it is ready: those that die before are another matter.
    await Promise.all(pool.threads.map((thread) => once(thread, 'message')))
    await Promise.all(pool.threads.map((thread) => thread.terminate()))
    for (const death of await Promise.all(dying)) expect(death).toBeInstanceOf(Error)
    expect(await Promise.all(waiting)).toEqual([true, true, true])
    await pool.destroy()
  })

  test.each([
    ['throws', 'throw new Error("no")'],
    ['ends', 'process.exit(0)'],
    ['does not parse', '}'],
  ])(
    'that never start, because their module %s, fail what waits instead of leaving it',
    async (_name, source) => {
      const folder = await mkdtemp(join(tmpdir(), 'worker-'))
      const worker = join(folder, 'worker.mjs')
      await writeFile(worker, source)
      const pool = createBcryptPool(2, pathToFileURL(worker))
      try {
        // More than any limit of the library, which must not keep a new thread from being tried.
        const tasks = Array.from({ length: 200 }, () => pool.run({ secret: 'a', cost: 4 }))
        const settled = await Promise.allSettled(tasks)
        expect(settled.filter(({ status }) => status !== 'rejected')).toEqual([])
      } finally {
        await pool.destroy()
        await rm(folder, { recursive: true })
      }
    },
  )
})

test('a process that has hashed ends by itself, without close', async () => {
  const source = fileURLToPath(new URL('../../src/hashing/index.ts', import.meta.url))
  const script = `
    import { createSecretHasher } from ${JSON.stringify(source)}
    const hasher = createSecretHasher()
    console.log(await hasher.verify('a', null))`
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--import',
    'tsx',
    '--input-type=module',
    '-e',
    script,
  ])
  expect(stdout).toBe('false\n')
})
