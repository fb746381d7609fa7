import { setTimeout as delay } from 'node:timers/promises'
import { isCapabilityList } from '../client/capabilities.ts'
import { TIERS, type ClientRecord } from '../client/client-record.ts'
import { clientView, type Client } from '../client/client-view.ts'
import { generateClientSecret } from '../client/generate-client-secret.ts'
import { GatewayAuthError } from '../errors.ts'
import { unknownFamily } from '../family/new-family.ts'
import { contended, endFamily, MAX_ATTEMPTS } from '../family/revoke-family.ts'
import { isUuid } from '../internal/uuid.ts'
import type { Revocation } from '../revocation/revocation.ts'
import type { ServiceContext } from './service-context.ts'
import type { ClientChanges } from './service-types.ts'

/** See `AuthService.updateClient`. */
export async function updateClient(
  context: ServiceContext,
  clientId: string,
  changes: ClientChanges,
): Promise<Client> {
  checkChanges(changes)
  if (changes.disabled === false) await pastVoidSecond(context, clientId)
  let before: ClientRecord | undefined
  const client = await changeClient(context, clientId, (record) => {
    before = record
    return changed(record, changes)
  })
  if (client === null) throw unknownClient()
  // After the record has changed, and again when it says so already: an earlier call may have failed in between.
  if (client.disabledAt !== null && changes.disabled === true) await voidTokens(context, clientId)
  if (changes.tier !== undefined || changes.capabilities !== undefined) {
    context.emit({ type: 'client_updated', clientId })
  }
  const wasDisabled = before?.disabledAt !== null
  if (wasDisabled !== (client.disabledAt !== null)) {
    context.emit({ type: wasDisabled ? 'client_enabled' : 'client_disabled', clientId })
  }
  return clientView(client)
}

/** See `AuthService.deleteClient`. Disabled first: should the rest fail, nothing of it lives and it can be tried again. */
export async function deleteClient(context: ServiceContext, clientId: string): Promise<boolean> {
  const client = await changeClient(context, clientId, (record) => changed(record, { disabled: true }))
  if (client === null) return false
  // For good, so that also a token that a replica with a fast clock has issued a moment ago is void.
  await voidTokens(context, clientId, context.settings.clockToleranceSeconds * 1000)
  const isDeleted = await context.store.deleteClient(clientId)
  if (isDeleted) context.emit({ type: 'client_deleted', clientId })
  return isDeleted
}

/** See `AuthService.rotateSecret`. */
export async function rotateSecret(
  context: ServiceContext,
  clientId: string,
): Promise<{ clientSecret: string }> {
  const clientSecret = generateClientSecret()
  const secretHash = await context.hasher.hash(clientSecret)
  const client = await changeClient(context, clientId, (record) => ({ ...record, secretHash }))
  if (client === null) throw unknownClient()
  context.emit({ type: 'client_secret_rotated', clientId })
  return { clientSecret }
}

/**
 * See `AuthService.revokeFamily`. A family that was not refreshed yet cannot be told from one that never was, and the
 * record that ends it is kept for as long as a token issued until now could be used.
 */
export async function revokeFamily(context: ServiceContext, familyId: string): Promise<boolean> {
  const { store, settings, accessLifeMs, noteRevocation } = context
  const unused = isUuid(familyId) ? unknownFamily(familyId, Date.now(), settings) : null
  const ended = await endFamily(store, familyId, accessLifeMs, noteRevocation, unused)
  if (ended === null) return false
  if (ended.isNew) {
    context.emit({
      type: 'family_revoked',
      clientId: ended.family.clientId || null,
      familyId,
      reason: 'administration',
    })
  }
  return true
}

async function changeClient(
  { store }: ServiceContext,
  clientId: string,
  change: (record: ClientRecord) => ClientRecord,
): Promise<ClientRecord | null> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const stored = await store.findClient(clientId)
    if (stored === null) return null
    const next = change(stored.value)
    if (next === stored.value || (await store.replaceClient(next, stored.version))) return next
  }
  throw contended()
}

function changed(record: ClientRecord, { tier, capabilities, disabled }: ClientChanges): ClientRecord {
  return {
    ...record,
    ...(tier !== undefined && { tier }),
    ...(capabilities !== undefined && { capabilities: [...new Set(capabilities)] }),
    ...(disabled !== undefined && { disabledAt: disabled ? (record.disabledAt ?? Date.now()) : null }),
  }
}

/** Voids every access token issued until now. Its refresh tokens are refused by the record. */
async function voidTokens(context: ServiceContext, clientId: string, marginMs = 0): Promise<void> {
  const at = Date.now() + marginMs
  const revocation: Revocation = { kind: 'client', id: clientId, at, expiresAt: at + context.accessLifeMs }
  await context.store.addRevocation(revocation)
  context.noteRevocation(revocation)
}

/**
 * Tokens name whole seconds, and those of the second in which a client was disabled are void: one that it got in the rest
 * of that second, enabled again, would be too.
 */
async function pastVoidSecond({ revocations }: ServiceContext, clientId: string): Promise<void> {
  const voidUntil = revocations.voidUntil(clientId)
  if (voidUntil === null) return
  const waitMs = (Math.floor(voidUntil / 1000) + 1) * 1000 - Date.now()
  // Longer only when the clock was set back, or another one is ahead: that is for the clocks to mend.
  if (waitMs > 0) await delay(Math.min(waitMs, 1000))
}

function checkChanges({ tier, capabilities, disabled }: ClientChanges): void {
  if (tier !== undefined && !TIERS.includes(tier)) throw new TypeError('"tier" is unknown')
  if (capabilities !== undefined && !isCapabilityList(capabilities)) {
    throw new TypeError('"capabilities" must be at most 64 texts of 1 to 64 of A-Z a-z 0-9 : . _ -')
  }
  if (disabled !== undefined && typeof disabled !== 'boolean') {
    throw new TypeError('"disabled" must be true or false')
  }
}

function unknownClient(): GatewayAuthError {
  return new GatewayAuthError('ERR_CLIENT_UNKNOWN', 'there is no such client')
}
