// Goes into a header, so it must be nothing but a host name.
const HOST_NAME = /^(?:[a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])$/i

/** Where a gateway is. */
export interface GatewayPlace {
  /** As browsers see it. @defaultValue the host name of the page, port `gatewayPort` */
  gatewayUrl?: string | undefined
  /** @defaultValue 4000 */
  gatewayPort?: number | undefined
}

/** Where the browser that asked finds the gateway: as configured, or beside the page. */
export function gatewayUrl(place: GatewayPlace, requestHostname: string): string {
  if (place.gatewayUrl !== undefined) return place.gatewayUrl
  const hostname = HOST_NAME.test(requestHostname) ? requestHostname : 'localhost'
  return `ws://${hostname}:${place.gatewayPort ?? 4000}/ws`
}
