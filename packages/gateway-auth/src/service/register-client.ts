import { CAPABILITY, isCapabilityList, MAX_CAPABILITIES } from '../client/capabilities.ts'
import { buildClientRecord, isClientName } from '../client/build-client-record.ts'
import { generateClientSecret } from '../client/generate-client-secret.ts'
import { saveClient } from '../client/save-client.ts'
import { GatewayAuthError } from '../errors.ts'
import type { ServiceContext } from './service-context.ts'
import type { RegisteredClient, RegisterInput } from './service-types.ts'

/** See `AuthService.register`. */
export async function registerClient(
  context: ServiceContext,
  input: RegisterInput,
  initialAccessToken: string | null | undefined,
): Promise<RegisteredClient> {
  try {
    return await register(context, input, initialAccessToken)
  } catch (error) {
    if (GatewayAuthError.is(error) && error.statusCode < 500) {
      context.emit({ type: 'registration_refused', code: error.code })
    }
    throw error
  }
}

async function register(
  { settings, store, hasher, emit }: ServiceContext,
  input: RegisterInput,
  initialAccessToken: string | null | undefined,
): Promise<RegisteredClient> {
  // First of all, so that a stranger learns nothing and costs nothing.
  const namespaceId = settings.registration.admit(initialAccessToken)
  const { name, capabilities, publicKey } = input ?? {}
  if (!isClientName(name)) throw invalid('"name" must be 1 to 64 characters without control characters')
  if (!isCapabilityList(capabilities)) {
    throw invalid(`"capabilities" must be at most ${MAX_CAPABILITIES} texts that match ${CAPABILITY.source}`)
  }
  if (publicKey !== undefined && publicKey !== null && typeof publicKey !== 'string') {
    throw invalid('"publicKey" must be text')
  }
  const { allowedCapabilities } = settings
  if (allowedCapabilities !== null && !capabilities.every((one) => allowedCapabilities.includes(one))) {
    throw new GatewayAuthError('ERR_CAPABILITY_NOT_ALLOWED', 'a capability is not on offer')
  }
  const clientSecret = generateClientSecret()
  const record = await buildClientRecord(
    { name, capabilities, publicKey, secret: clientSecret, namespaceId, tier: settings.defaultTier },
    { hasher },
  )
  if (!(await saveClient(store, record, settings.clientLimits))) {
    throw new Error('a random client id was taken')
  }
  const { clientId, hostId } = record
  emit({ type: 'client_registered', clientId, namespaceId: record.namespaceId })
  return { clientId, clientSecret, hostId, namespaceId: record.namespaceId }
}

function invalid(message: string): GatewayAuthError {
  return new GatewayAuthError('ERR_REQUEST_INVALID', message)
}
