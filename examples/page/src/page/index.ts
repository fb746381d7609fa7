export { paintAvatar } from './avatar.ts'
export { fetchGatewayUrl } from './config.ts'
export { arrange, byId, create } from './dom.ts'
export { reloadFromCache } from './history.ts'
