export { connectFleetLink } from './connect.ts'
export type {
  FleetLink,
  FleetLinkOptions,
  FleetLinkServer,
  FleetLinkServerOptions,
  FleetLinkStatus,
} from './options.ts'
export { createFleetLinkServer } from './server.ts'
