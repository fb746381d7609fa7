import {
  createAuthService,
  createKeyRing,
  createMemoryStore,
  type AuthEvent,
  type AuthService,
  type AuthServiceOptions,
  type AuthStore,
  type RegisteredClient,
} from '../../src/index.ts'
import { fakeHasher, type FakeHasher } from './fake-hasher.ts'

export const ISSUER = 'https://auth.example.com'
export const SECRET = 'a test secret that is long enough, really'
export const INTERNAL = 'an internal secret of at least 32 bytes'

/** A started service with a memory store and a hasher that does no work, unless given others. */
export interface TestService {
  auth: AuthService
  store: AuthStore
  events: AuthEvent[]
  hasher: FakeHasher
  register(capabilities?: readonly string[]): Promise<RegisteredClient>
}

export async function testService(options: Partial<AuthServiceOptions> = {}): Promise<TestService> {
  const events: AuthEvent[] = []
  const hasher = fakeHasher()
  const store = options.store ?? createMemoryStore()
  const auth = createAuthService({
    issuer: ISSUER,
    keys: createKeyRing([{ algorithm: 'HS256', key: SECRET }]),
    hasher,
    registration: 'open',
    onEvent: (event) => events.push(event),
    ...options,
    store,
  })
  await auth.start()
  return {
    auth,
    store,
    events,
    hasher,
    register: async (capabilities = ['read', 'write']) => auth.register({ name: 'agent', capabilities }),
  }
}
