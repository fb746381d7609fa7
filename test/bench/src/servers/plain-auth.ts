import { randomBytes, randomUUID } from 'node:crypto'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { compare, hash } from 'bcryptjs'
import { createSigner, createVerifier } from 'fast-jwt'
import fastify from 'fastify'

/*
 * What one writes by hand in an afternoon: Fastify, fast-jwt, bcryptjs where the request is, and maps that forget
 * everything on a restart. No limits, no families, no reuse detection, no revocation.
 */
const key = randomBytes(32)
const signAccess = createSigner({ key, expiresIn: 900_000 })
const signRefresh = createSigner({ key, expiresIn: 30 * 86_400_000 })
const verify = createVerifier({ key, algorithms: ['HS256'] })
const clients = new Map<string, { secretHash: string; hostId: string; namespaceId: string }>()
const refreshTokens = new Map<string, string>()
const delay = monitorEventLoopDelay({ resolution: 10 })
delay.enable()

const app = fastify()

app.post('/auth/register', async (_request, reply) => {
  const clientId = `c_${randomBytes(16).toString('hex')}`
  const clientSecret = randomBytes(32).toString('base64url')
  const client = {
    secretHash: await hash(clientSecret, 10),
    hostId: randomUUID(),
    namespaceId: randomBytes(16).toString('hex'),
  }
  clients.set(clientId, client)
  return reply.code(201).send({ clientId, clientSecret })
})

app.post<{ Body: { clientId: string; clientSecret: string } }>('/auth/token', async (request, reply) => {
  const client = clients.get(request.body.clientId)
  if (client === undefined || !(await compare(request.body.clientSecret, client.secretHash))) {
    return reply.code(401).send()
  }
  return pair(client.hostId, client.namespaceId)
})

app.post<{ Body: { refreshToken: string } }>('/auth/refresh', async (request, reply) => {
  const { sub, jti } = verify(request.body.refreshToken) as { sub: string; jti: string }
  const namespaceId = refreshTokens.get(jti)
  if (namespaceId === undefined || !refreshTokens.delete(jti)) return reply.code(401).send()
  return pair(sub, namespaceId)
})

app.get('/health/live', async () => ({ ok: true }))
app.get('/lag', async () => {
  const p99 = delay.percentile(99) / 1e9
  delay.reset()
  return { p99 }
})

function pair(sub: string, namespaceId: string): object {
  const jti = randomUUID()
  refreshTokens.set(jti, namespaceId)
  return {
    accessToken: signAccess({ sub, namespaceId, tier: 'free', type: 'machine' }),
    refreshToken: signRefresh({ sub, type: 'refresh', jti }),
  }
}

await app.listen({ port: 0, host: '127.0.0.1' })
const address = app.server.address() as { port: number }
console.log(`port ${address.port}`)
