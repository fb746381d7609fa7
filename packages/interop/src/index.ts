export { INTEROP_ERRORS, InteropError, type InteropErrorCode, type InteropErrorOptions } from './errors.ts'
export { createGateway, type InteropGateway } from './gateway/gateway.ts'
export { createGateway as default } from './gateway/gateway.ts'
export { IOGateway } from './io-gateway.ts'
export type { GatewayStats } from './gateway/stats.ts'
export type { Describe } from './description/create-describe.ts'
export type {
  ContextDescription,
  Descriptions,
  MethodDescription,
  PeerDescription,
} from './description/descriptions.ts'
export type { DescriptionPage, DescriptionPageRequest } from './description/page.ts'
export type { MetricSample } from './metrics/samples.ts'
export type {
  CustomPublisherOptions,
  FilePublisherOptions,
  InlinePublisher,
  MetricsOptions,
  PublisherOptions,
  RestPublisherOptions,
} from './metrics/options.ts'
export type { MetricFilters } from './metrics/filters.ts'
export type { CreateCustomPublisher, CustomPublisher } from './metrics/publishers/custom-publisher.ts'
export type { MetricsUpdate, StatusUpdate, Update } from './metrics/update.ts'
export type { ClusterOptions, GatewayOptions } from './gateway/options.ts'
export { DEFAULT_LIMITS, type InteropLimits, type LimitsOptions } from './gateway/limits.ts'
export type { InteropLogger } from './gateway/logger.ts'
export type { InteropClient, InteropClientOptions, InteropMessage } from './client/interop-client.ts'
export type { Connection, ConnectionEnd } from './connection/connection.ts'
export type {
  AuthenticationOptions,
  BasicOptions,
  CustomProviderOptions,
  OAuth2Options,
  ProviderOptions,
} from './authentication/options.ts'
export type { TokenOptions } from './authentication/tokens.ts'
