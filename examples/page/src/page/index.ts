export { paintAvatar } from './avatar.ts'
export { fetchConfig, type PageConfig } from './config.ts'
export { arrange, byId, create } from './dom.ts'
export { reloadFromCache } from './history.ts'
