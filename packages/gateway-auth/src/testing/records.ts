import { randomBytes, randomUUID } from 'node:crypto'
import type { ClientRecord } from '../client/client-record.ts'
import type { TokenFamily } from '../family/token-family.ts'
import type { AuthStore, ClientLimits } from '../store/auth-store.ts'

export const ROOM: ClientLimits = { maxPerNamespace: 1000, maxClients: 10_000 }

/** Text that has broken stores: quotes, control and NUL characters, half surrogates, names of object members, wildcards. */
export const HOSTILE_TEXTS: readonly string[] = [
  '',
  ' ',
  `'; DROP TABLE clients; --`,
  `" OR 1=1`,
  '\\',
  '%',
  '_',
  '*',
  '>',
  '.',
  'a.b',
  'a..b',
  '$KV.>',
  '../../etc/passwd',
  '\0',
  'a\0b',
  '\n\r\t',
  '\ud800',
  '\udfff\ud800',
  '\u{1f600}',
  '\u00e9',
  'e\u0301',
  '__proto__',
  'constructor',
  'toString',
  'x'.repeat(512),
  '\u{1f600}'.repeat(256),
  '\0'.repeat(512),
]

export function clientRecord(changes: Partial<ClientRecord> = {}): ClientRecord {
  return {
    clientId: `c_${randomBytes(16).toString('hex')}`,
    hostId: randomUUID(),
    namespaceId: randomBytes(16).toString('hex'),
    name: 'worker',
    capabilities: ['jobs:read', 'jobs:write'],
    tier: 'free',
    secretHash: `$2b$10$${'a'.repeat(53)}`,
    publicKey: null,
    createdAt: Date.now(),
    disabledAt: null,
    ...changes,
  }
}

export function tokenFamily(changes: Partial<TokenFamily> = {}): TokenFamily {
  const now = Date.now()
  return {
    familyId: randomUUID(),
    clientId: `c_${randomBytes(16).toString('hex')}`,
    jti: randomUUID(),
    expiresAt: now + 3_600_000,
    createdAt: now,
    endsAt: now + 7_200_000,
    scope: null,
    previous: null,
    revokedAt: null,
    ...changes,
  }
}

/** Inserts a client and finds its version. */
export async function inserted(
  store: AuthStore,
  changes: Partial<ClientRecord> = {},
): Promise<{ client: ClientRecord; version: string }> {
  const client = clientRecord(changes)
  const result = await store.insertClient(client, ROOM)
  const found = await store.findClient(client.clientId)
  if (result !== 'inserted' || found === null) throw new Error(`the client was not inserted: ${result}`)
  return { client, version: found.version }
}

/** Inserts a family and finds its version. */
export async function begun(
  store: AuthStore,
  changes: Partial<TokenFamily> = {},
): Promise<{ family: TokenFamily; version: string }> {
  const family = tokenFamily(changes)
  const isInserted = await store.insertFamily(family)
  const found = await store.findFamily(family.familyId)
  if (!isInserted || found === null) throw new Error('the family was not inserted')
  return { family, version: found.version }
}
