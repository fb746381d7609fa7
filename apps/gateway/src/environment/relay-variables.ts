import { commaList, httpUrl, internalToken } from '@portcullis/app'
import { compileOrigins } from '@portcullis/ws-gateway'
import proxyAddr from 'proxy-addr'
import { z } from 'zod'

const count = z
  .string()
  .regex(/^[1-9]\d{0,8}$/, 'must be a whole number of at least 1')
  .transform(Number)

const natsUrls = commaList.refine(
  (urls) => urls.length > 0 && urls.every((url) => /^(nats|tls):\/\/[^\s,]+$/.test(url) && URL.canParse(url)),
  'must be one or more nats: or tls: URLs',
)

const origins = commaList.refine((list) => {
  try {
    compileOrigins(list)
    return true
  } catch {
    return false
  }
}, 'must be origins such as https://app.example.com, https://*.example.com, null or *')

const addresses = commaList.refine((list) => {
  try {
    proxyAddr.compile(list)
    return true
  } catch {
    return false
  }
}, 'must be addresses, CIDR ranges, or loopback, linklocal, uniquelocal')

/** What concerns the relay: NATS, the control plane, who may connect, and how much. */
export const relayVariables = {
  NATS_URL: natsUrls.optional(),
  NATS_CREDS_FILE: z.string().optional(),
  NATS_INBOX_PREFIX: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be one subject token')
    .optional(),
  NATS_STORAGE: z.enum(['file', 'memory'], 'must be file or memory').default('file'),
  NATS_STREAM_DRIFT: z.enum(['update', 'report', 'fail'], 'must be update, report or fail').default('update'),
  OUTBOUND_CONSUMER: z.enum(['gateway', 'session'], 'must be gateway or session').default('gateway'),
  CONTROL_PLANE_URL: httpUrl.optional(),
  CONTROL_PLANE_INTERNAL_TOKEN: internalToken.optional(),
  ALLOWED_ORIGINS: origins.optional(),
  TRUSTED_PROXIES: addresses.default([]),
  WORKER_MODULES: commaList.default([]),
  MAX_PAYLOAD_BYTES: count
    .refine((bytes) => bytes <= 1024 * 1024, 'must be at most 1048576')
    .default(64 * 1024),
  MAX_CONNECTIONS: count.default(10_000),
  MAX_CONNECTIONS_PER_ADDRESS: count.default(100),
  MAX_CONNECTIONS_PER_USER: count.default(32),
  MAX_CONNECTIONS_PER_PROJECT: count.default(10_000),
  CONNECT_RATE_PER_ADDRESS: count.default(50),
}
