export { authStoreContract } from './auth-store-contract.ts'
export type { OpenedStores } from './opened-stores.ts'
