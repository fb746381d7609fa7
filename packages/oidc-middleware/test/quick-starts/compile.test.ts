import { expect, test } from 'vitest'
import { problemsOf, readmeBlocks, sample, SAMPLE_NAMES } from './code-sample.ts'

// Stands alone: the compiler holds up everything else.
test('every sample of the README and of the quick starts compiles', () => {
  const given = `
    import type { OidcUserContext } from '@portcullis/oidc-middleware'
    declare class ProfileController extends (await import('ioserver')).BaseController {}
    declare class ApiController extends (await import('ioserver')).BaseController {}
    declare class ChatService extends (await import('ioserver')).BaseService {}
    declare class UserService extends (await import('ioserver')).BaseService {}
    declare const rawJwt: string
    declare const db: { users: { upsert(user: object): Promise<{ id: number; role: string | null }> } }
    declare function reports(): Promise<object>
    declare function removeUser(): Promise<object>
    declare function handle(context: OidcUserContext, data: unknown): void
    declare function currentToken(): string
    declare function freshToken(): Promise<string>
    declare const transport: object`
  const declared: Record<string, string> = {
    createVerifier: `import { createVerifier } from '@portcullis/oidc-middleware'`,
    verifier: `declare const verifier: import('@portcullis/oidc-middleware').OidcVerifier`,
    users: `declare const users: import('@portcullis/oidc-middleware').UserResolver`,
    http: `declare const http: import('node:http').Server`,
    io: `declare const io: typeof import('socket.io-client').io`,
    fastify: `declare const fastify: import('fastify').FastifyInstance`,
    server: `declare const server: import('ioserver').IOServer`,
    OidcHttpMiddleware: `import { OidcHttpMiddleware, OidcSocketMiddleware, OidcSocketAdminMiddleware } from '@portcullis/oidc-middleware'`,
  }
  const samples = [...readmeBlocks('ts'), ...SAMPLE_NAMES.map(sample)].filter(
    // Of a package that this one does not know.
    (source) => !source.includes('@portcullis/ws-gateway'),
  )
  const problems = problemsOf(
    samples.map((source) => {
      const missing = Object.entries(declared)
        .filter(([name]) => !new RegExp(String.raw`const ${name} =|import \{[^}]*\b${name}\b`).test(source))
        .map(([, text]) => text)
      const socket = source.includes("io('/chat'") ? '' : `declare const socket: import('socket.io').Socket`
      return { source, given: [given, ...missing, socket].join('\n') }
    }),
  )
  expect(problems).toEqual([])
}, 120_000)
