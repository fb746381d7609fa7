import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { availableParallelism } from 'node:os'
import { allowInsecureHttp, createVerifier as createOidcVerifier } from '@portcullis/oidc-middleware'
import { oidcAuth } from '@portcullis/oidc-middleware/fastify'
import { auth, type AuthOptions } from 'express-oauth2-jwt-bearer'
import { createVerifier as createFastJwt } from 'fast-jwt'
import fastify, { type FastifyInstance } from 'fastify'
import { createRemoteJWKSet, exportJWK, exportSPKI, generateKeyPair, jwtVerify, SignJWT } from 'jose'

/*
 * Access tokens of 1 000 users, verified with keys from a JWKS endpoint on loopback, beside what a user would have instead:
 * bare `jose` with the same endpoint, the middleware of `express-oauth2-jwt-bearer` with it too, and `fast-jwt` with the key
 * itself. Then a Fastify route with the plugin and without,
 * without sockets. All run interleaved in one process on one machine, so read the ratios. The caches hold all tokens and are
 * warm.
 */
const ROUNDS = 3
const ROUND_MS = 1000
const USERS = 1000
const AUDIENCE = 'bench'

interface Contender {
  name: string
  run: (token: string) => unknown
}

console.log(`${ROUNDS} x ${ROUND_MS / 1000} s, ${availableParallelism()} cores, Node ${process.version}`)
for (const alg of ['RS256', 'ES256', 'EdDSA'] as const) {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
  const jwk = { ...(await exportJWK(publicKey)), alg, kid: 'k' }
  const endpoint = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys: [jwk] }))
  })
  await new Promise<void>((resolve) => {
    endpoint.listen(0, '127.0.0.1', resolve)
  })
  const issuer = `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}`
  const exp = Math.floor(Date.now() / 1000) + 3600
  const tokens = await Promise.all(
    Array.from({ length: USERS }, (_, index) =>
      new SignJWT({ iss: issuer, aud: AUDIENCE, sub: `user-${index}`, iat: exp - 3600, exp, roles: ['user'] })
        .setProtectedHeader({ alg, kid: 'k', typ: 'at+jwt' })
        .sign(privateKey),
    ),
  )

  const config = { issuer, jwksUri: issuer, audience: AUDIENCE, [allowInsecureHttp]: true }
  const cached = createOidcVerifier(config)
  const uncached = createOidcVerifier({ ...config, maxCachedTokens: 0 })
  const jwks = createRemoteJWKSet(new URL(issuer))
  const checks = { issuer, audience: AUDIENCE, algorithms: [alg], requiredClaims: ['sub', 'exp'] }
  const fastOptions = {
    key: await exportSPKI(publicKey),
    algorithms: [alg],
    allowedIss: issuer,
    allowedAud: AUDIENCE,
    requiredClaims: ['sub', 'exp'],
  }
  await compare(`${alg}, verifier`, tokens, [
    { name: 'jose', run: async (token) => jwtVerify(token, jwks, checks) },
    {
      name: 'express-oauth2-jwt-bearer',
      run: handling({ issuer, jwksUri: issuer, audience: AUDIENCE, tokenSigningAlg: alg }),
    },
    { name: 'fast-jwt', run: createFastJwt(fastOptions) },
    { name: 'portcullis', run: async (token) => uncached.verify(token) },
    { name: 'fast-jwt, cached', run: createFastJwt({ ...fastOptions, cache: 10_000 }) },
    { name: 'portcullis, cached', run: async (token) => cached.verify(token) },
  ])

  const [open, guarded, strictly] = await Promise.all([
    application(),
    application((app) => app.register(oidcAuth, { verifier: cached })),
    application((app) => app.register(oidcAuth, { verifier: uncached })),
  ])
  await compare(`${alg}, Fastify route`, tokens, [
    { name: 'without plugin', run: asking(open) },
    { name: 'with plugin', run: asking(guarded) },
    { name: 'with plugin, no cache', run: asking(strictly) },
  ])
  await Promise.all([open.close(), guarded.close(), strictly.close()])
  endpoint.closeAllConnections()
  endpoint.close()
}

/** The middleware with as much of a request as it reads: it has no verifier to be called alone. */
function handling(options: AuthOptions): Contender['run'] {
  const handle = auth({ ...options, dpop: { enabled: false } }) as (...args: unknown[]) => Promise<void>
  const request = {
    protocol: 'http',
    method: 'GET',
    originalUrl: '/',
    url: '/',
    get: () => 'localhost',
    is: () => false,
    query: {},
  }
  return async (token) => {
    let failure: unknown
    const headers = { host: 'localhost', authorization: `Bearer ${token}` }
    await handle({ ...request, headers }, {}, (error: unknown) => {
      failure = error
    })
    if (failure !== undefined) throw failure
  }
}

async function application(prepare?: (app: FastifyInstance) => unknown): Promise<FastifyInstance> {
  const app = fastify()
  await prepare?.(app)
  app.get('/', async () => ({ ok: true }))
  await app.ready()
  return app
}

function asking(app: FastifyInstance): Contender['run'] {
  return async (token) => {
    const response = await app.inject({ url: '/', headers: { authorization: `Bearer ${token}` } })
    if (response.statusCode !== 200) throw new Error(`the route answered ${response.statusCode}`)
  }
}

/** Medians of the rounds; the first contender is what the others are compared with. */
async function compare(
  title: string,
  tokens: readonly string[],
  contenders: readonly Contender[],
): Promise<void> {
  const all = new Map<Contender, number[]>(contenders.map((contender) => [contender, []]))
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const contender of contenders) {
      const rate = await measure(contender, tokens)
      // The first round warms up compilers and caches.
      if (round > 0) all.get(contender)?.push(rate)
    }
  }
  const medians = contenders.map(
    (contender) => (all.get(contender) ?? []).toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? NaN,
  )
  console.log(`\n${title}`)
  console.table(
    contenders.map(({ name }, index) => ({
      name,
      'per second': Math.round(medians[index] ?? NaN),
      [`vs ${contenders[0]?.name}`]: ((medians[index] ?? NaN) / (medians[0] ?? NaN)).toFixed(2),
    })),
  )
}

async function measure({ run }: Contender, tokens: readonly string[]): Promise<number> {
  const start = performance.now()
  let done = 0
  while (performance.now() - start < ROUND_MS) {
    await run(tokens[done % tokens.length] as string)
    done += 1
  }
  return (done * 1000) / (performance.now() - start)
}
