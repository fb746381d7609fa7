export type { OpenedManagedStores } from './contract-parts.ts'
export { managedStoreContract } from './managed-store-contract.ts'
export { registryStoreContract, type OpenedStore } from './store-contract.ts'
