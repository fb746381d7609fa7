export type { EgressFetch, EgressRequest } from './egress-fetch.ts'
export { isPublicAddress } from './is-public-address.ts'
export {
  createPublicFetch,
  EgressRefused,
  egressSeam,
  type EgressSeam,
  type PublicFetchOptions,
} from './public-fetch.ts'
