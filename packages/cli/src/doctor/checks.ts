import { databases } from './checks/database.ts'
import { internalToken } from './checks/internal-token.ts'
import { interopAuth } from './checks/interop-auth.ts'
import { nats } from './checks/nats.ts'
import { nodeVersion } from './checks/node-version.ts'
import { origins } from './checks/origins.ts'
import { plainConnections } from './checks/plain-connections.ts'
import { privateFiles } from './checks/private-files.ts'
import { proxies } from './checks/proxies.ts'
import { liveRegistration, registration } from './checks/registration.ts'
import { secrets } from './checks/secrets.ts'
import { services } from './checks/services.ts'
import { signingKeys } from './checks/signing-keys.ts'
import { visibilityRules } from './checks/visibility-rules.ts'
import type { Check } from './finding.ts'

/** What `portcullis doctor` looks at, in the order in which it is shown. */
export const CHECKS: readonly Check[] = [
  nodeVersion,
  secrets,
  privateFiles,
  signingKeys,
  registration,
  origins,
  interopAuth,
  proxies,
  plainConnections,
  visibilityRules,
  services,
  liveRegistration,
  internalToken,
  nats,
  databases,
]
