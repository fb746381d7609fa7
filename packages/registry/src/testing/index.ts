export { registryStoreContract, type OpenedStore } from './store-contract.ts'
