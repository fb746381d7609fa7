export { errorBody, type ErrorBody } from './error-body.ts'
export { registryRoutes, type RegistryRoutesOptions } from './registry-routes.ts'
