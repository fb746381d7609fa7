export { type TransportBackend, transportContract } from './contract.ts'
