// Goes into a header, so it must be nothing but a host name.
const HOST_NAME = /^(?:[a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])$/i

/** Where a gateway is. */
export interface GatewayPlace {
  /** As browsers see it. @defaultValue the host name of the page, with `port` and `path` */
  url?: string | undefined
  /** @defaultValue 4000 */
  port?: number | undefined
  /** Begins with a slash. */
  path: string
}

/** Where the browser that asked finds the gateway: as configured, or beside the page. */
export function gatewayUrl(place: GatewayPlace, requestHostname: string): string {
  if (place.url !== undefined) return place.url
  const hostname = HOST_NAME.test(requestHostname) ? requestHostname : 'localhost'
  return `ws://${hostname}:${place.port ?? 4000}${place.path}`
}
