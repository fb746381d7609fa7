import { setTimeout as pause } from 'node:timers/promises'
import { freePort, type RunningProcess, startProcess } from '@portcullis/test-servers'
import { expect, test } from 'vitest'
import { Disposal } from '../src/disposal.ts'
import { type Credentials, register, takeTokens } from '../src/machine-client.ts'
import { GATEWAY } from '../src/paths.ts'

const OLD = 'the-secret-that-every-gateway-began-with'
const NEW = 'the-secret-that-takes-its-place-in-steps'
/** As the gateway's README has it. */
const STEPS = [
  { GATEWAY_JWT_SECRET: OLD, GATEWAY_JWT_VERIFY_SECRETS: NEW },
  { GATEWAY_JWT_SECRET: NEW, GATEWAY_JWT_VERIFY_SECRETS: OLD },
]

interface Replica {
  base: string
  process: RunningProcess
  client: Credentials
}

async function startReplica(port: number, env: Record<string, string>): Promise<Replica> {
  const base = `http://127.0.0.1:${port}`
  const process = await startProcess({
    module: GATEWAY,
    env: {
      PORT: String(port),
      AUTH_STORE: 'memory',
      LOG_LEVEL: 'warn',
      AUTH_REQUESTS_PER_MINUTE: '999999',
      ...env,
    },
    readyWhen: `${base}/health/ready`,
  })
  return { base, process, client: await register(base) }
}

test('the secret of three gateways changes, one restart after the other, and no token is refused meanwhile', async () => {
  await using disposal = new Disposal()
  const ports = [await freePort(), await freePort(), await freePort()]
  const up = new Map<number, Replica>()
  for (const port of ports) up.set(port, await startReplica(port, { GATEWAY_JWT_SECRET: OLD }))
  disposal.defer(async () => {
    await Promise.all([...up.values()].map(({ process }) => process.stop()))
  })

  const stopped = new AbortController()
  const refused: string[] = []
  const tokens: string[] = []
  let verified = 0
  async function verify(): Promise<void> {
    while (!stopped.signal.aborted) {
      const replicas = [...up.values()]
      const issuer = replicas[verified % replicas.length] as Replica
      const asked = replicas[(verified + 1) % replicas.length] as Replica
      // Often an old token, sometimes one that is new.
      if (verified % 10 === 0) tokens.push((await takeTokens(issuer.base, issuer.client)).accessToken)
      const token = tokens[verified % tokens.length] as string
      const answer = await fetch(`${asked.base}/auth/context`, {
        headers: { authorization: `Bearer ${token}` },
      })
      await answer.arrayBuffer()
      if (answer.status === 200) verified += 1
      else refused.push(`${asked.base} answered ${answer.status}`)
      // Leaves the machine to the replicas that start.
      await pause(2)
    }
  }
  const verifying = verify()
  disposal.defer(() => {
    stopped.abort()
    return verifying
  })

  for (const step of STEPS) {
    for (const port of ports) {
      const before = verified
      const old = up.get(port)?.process
      // Out of the load balancer first.
      up.delete(port)
      await expect.poll(() => verified, { timeout: 30_000 }).toBeGreaterThan(before + 5)
      await old?.stop()
      up.set(port, await startReplica(port, step))
      await expect.poll(() => verified, { timeout: 30_000 }).toBeGreaterThan(before + 50)
    }
  }
  stopped.abort()
  await verifying
  expect(refused).toEqual([])
  // Tokens of both secrets were in use.
  const kids = new Set(tokens.map((token) => Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()))
  expect(kids.size).toBe(2)
}, 120_000)
