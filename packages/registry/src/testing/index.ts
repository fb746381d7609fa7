export { managedStoreContract, type OpenedManagedStores } from './managed-store-contract.ts'
export { registryStoreContract, type OpenedStore } from './store-contract.ts'
