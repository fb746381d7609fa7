import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { runService } from '../../src/index.ts'
import { spawnFixture, spawnGrandchild } from './spawn.ts'

describe('a service process', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'stops gracefully on %s and exits with 0',
    async (signal) => {
      await using service = spawnFixture({})
      await service.said('ready')
      service.child.kill(signal)
      expect(await service.ended).toBe(0)
      expect(service.stdout).toMatch(/stopping\nstopped\n$/)
      expect(service.stderr).toBe('')
    },
  )

  test('exits at once on a second signal', async () => {
    await using service = spawnFixture({ MODE: 'stubborn' })
    await service.said('ready')
    service.child.kill('SIGTERM')
    await service.said('stopping')
    service.child.kill('SIGINT')
    expect(await service.ended).toBe(130)
  })

  test('exits with 1 when the stop takes longer than the grace', async () => {
    await using service = spawnFixture({ MODE: 'stuck' })
    await service.said('ready')
    service.child.kill('SIGTERM')
    expect(await service.ended).toBe(1)
    expect(service.stderr).toBe('fixture: did not stop within 200 ms\n')
  })

  test('exits with 1 when the stop fails, in one line without secrets', async () => {
    await using service = spawnFixture({ MODE: 'bad stop' })
    await service.said('ready')
    service.child.kill('SIGTERM')
    expect(await service.ended).toBe(1)
    expect(service.stderr).toBe('fixture: did not stop cleanly: no ?token=[redacted]\n')
  })

  test('that is asked to stop while it starts has its start aborted, then stops', async () => {
    await using service = spawnFixture({ MODE: 'slow start' })
    await service.said('starting')
    service.child.kill('SIGTERM')
    expect(await service.ended).toBe(0)
    expect(service.stdout).toContain('stopped')
  })

  test('that cannot start says why in one line without secrets, and exits with 1', async () => {
    await using service = spawnFixture({ MODE: 'fails' })
    expect(await service.ended).toBe(1)
    expect(service.stderr).toBe('fixture: cannot start: cannot reach nats://[redacted]@host\n')
  })

  test('whose port is taken says so in one line, and exits with 1', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => {
      other.listen(0, '127.0.0.1', resolve)
    })
    const { port } = other.address() as AddressInfo
    await using service = spawnFixture({ PORT: String(port) })
    expect(await service.ended).toBe(1)
    expect(service.stderr).toBe(
      `fixture: cannot start: the address is already in use (EADDRINUSE 127.0.0.1:${port})\n`,
    )
    other.close()
  })

  test.each([
    ['throws', 'uncaughtException'],
    ['rejects', 'unhandledRejection'],
  ])('that %s outside of any call logs it and exits with 1', async (MODE, origin) => {
    await using service = spawnFixture({ MODE })
    expect(await service.ended).toBe(1)
    expect(service.stderr).toContain(`fixture: ${origin}: Error: oops ?token=[redacted]`)
    expect(service.stderr).not.toContain('SECRET')
  })

  test('with a bad variable prints its name without the value, and exits with 1', async () => {
    await using service = spawnFixture({ PORT: 'SECRET', EXIT_WITH_PARENT: 'SECRET' })
    expect(await service.ended).toBe(1)
    expect(service.stderr).toBe(
      'The environment cannot be used:\n' +
        '  PORT: must be a port between 0 and 65535\n' +
        '  EXIT_WITH_PARENT: must be 1, true, yes, on, 0, false, no or off\n',
    )
  })
})

describe.runIf(process.platform === 'linux')('the orphan guard', () => {
  test('stops the service when a grandparent is killed although its parent lives on', async () => {
    await using runner = spawnGrandchild({ EXIT_WITH_PARENT: '1' })
    await runner.said('ready')
    runner.child.kill('SIGKILL')
    // The pipes close only when the last process that holds them has ended.
    await runner.ended
    expect(runner.stdout).toContain('stopped')
  })

  test('is off unless it is asked for', async () => {
    await using runner = spawnGrandchild({})
    await runner.said('ready')
    const pid = Number(/ready (\d+)/.exec(runner.stdout)?.[1])
    runner.child.kill('SIGKILL')
    // Three looks of the guard's clock: an absence cannot be awaited as an event.
    await new Promise((resolve) => {
      setTimeout(resolve, 1500)
    })
    expect(runner.stdout).not.toContain('stopping')
    process.kill(pid, 'SIGTERM')
    await runner.ended
    expect(runner.stdout).toContain('stopped')
  })
})

test.each([0, -1, 1.5, Number.NaN])('a grace of %s ms is a mistake', (graceMs) => {
  expect(() =>
    runService({ name: 'x', start: async () => undefined, stop: async () => undefined, graceMs }),
  ).toThrow('graceMs')
})
