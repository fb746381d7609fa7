import { freePort, startNatsServer, startProcess } from '@portcullis/test-servers'
import { describe, expect, test } from 'vitest'
import { Disposal } from '../src/disposal.ts'
import { GATEWAY } from '../src/paths.ts'
import { connectRefused, RawClient } from '../src/raw-client.ts'
import { startSystem } from '../src/system.ts'
import { mintToken } from '../src/tokens.ts'

const V1 = { protocols: ['portcullis.v1'] }

async function readiness(port: number): Promise<number> {
  return (await fetch(`http://127.0.0.1:${port}/health/ready`)).status
}

async function until(what: () => Promise<boolean>, timeoutMs = 10_000): Promise<number> {
  const start = Date.now()
  while (!(await what())) {
    if (Date.now() - start > timeoutMs) throw new Error('it did not happen in time')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return Date.now() - start
}

describe('while the control plane is down', () => {
  test('upgrades get 503 with Retry-After, never 401, unless their grant is kept, and open sessions go on', async () => {
    await using system = await startSystem()
    await system.startWorker('two')
    const open = await RawClient.open(system.url(0, 'two'), V1)
    await system.controlPlane.kill()
    const token = await mintToken()
    const refused = await connectRefused(system.url(0, 'one'), {
      protocols: [...V1.protocols, `bearer.${token}`],
    })
    expect(refused).toMatchObject({ statusCode: 503, body: { code: 'control_plane_unavailable' } })
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
    open.send({ actor: 'counter', actorId: 'a', n: 1 })
    expect(await open.frame({ type: 'message' })).toMatchObject({ message: { n: 1 } })
    const another = await RawClient.open(system.url(0, 'two'), V1)
    for (const client of [open, another]) client.socket.close()
  })

  test('a wrong internal token is our fault, not the client’s: 503', async () => {
    await using system = await startSystem({
      gatewayEnv: { CONTROL_PLANE_INTERNAL_TOKEN: 'another-token-that-is-long-enough-to-be-one' },
    })
    expect(await connectRefused(system.url(0, 'two'), V1)).toMatchObject({
      statusCode: 503,
      body: { code: 'control_plane_unavailable' },
    })
  })
})

describe('while NATS is down', () => {
  test('a gateway starts, says that it is not ready, refuses with 503, and serves once NATS is there', async () => {
    await using disposal = new Disposal()
    const [natsPort, port] = [await freePort(), await freePort()]
    const gateway = await startProcess({
      module: GATEWAY,
      env: { PORT: String(port), NATS_URL: `nats://127.0.0.1:${natsPort}`, LOG_LEVEL: 'warn' },
      readyWhen: `http://127.0.0.1:${port}/health/live`,
    })
    disposal.use(gateway)
    expect(await readiness(port)).toBe(503)
    const refused = await connectRefused(`ws://127.0.0.1:${port}/ws`, V1)
    expect(refused).toMatchObject({ statusCode: 503, body: { code: 'broker_unavailable' } })
    disposal.use(await startNatsServer({ port: natsPort }))
    await until(async () => (await readiness(port)) === 200)
  })

  test('sockets stay open, frames are refused or held, and everything resumes', async () => {
    await using system = await startSystem()
    await system.startWorker('two')
    const { port } = system.gateways[0]!
    const v1 = await RawClient.open(system.url(0, 'two'), V1)
    const plain = await RawClient.open(system.url(0, 'two'))
    await system.nats.stop()
    await until(async () => (await readiness(port)) === 503, 2000)
    expect(await connectRefused(system.url(0, 'two'), V1)).toMatchObject({ statusCode: 503 })

    const sentAt = Date.now()
    v1.send({ actor: 'counter', actorId: 'v1', id: 'refused', n: 1 })
    plain.send({ actor: 'counter', actorId: 'plain', n: 1 })
    expect(await v1.frame({ id: 'refused' })).toMatchObject({
      type: 'nack',
      code: 'broker_unavailable',
      retryable: true,
    })
    expect(Date.now() - sentAt).toBeLessThan(6000)
    expect([v1.socket.readyState, plain.socket.readyState]).toEqual([1, 1])

    await system.nats.restart()
    await until(async () => (await readiness(port)) === 200, 3000)
    v1.send({ actor: 'counter', actorId: 'v1', id: 'stored', n: 2 })
    expect(await v1.frame({ type: 'message' })).toMatchObject({ message: { n: 2 } })
    // Nobody could have told the plain client: its frame was held.
    expect(await plain.frame({ n: 1 })).toMatchObject({ actorId: 'plain' })
    for (const client of [v1, plain]) client.socket.close()
  }, 60_000)
})
