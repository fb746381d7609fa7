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

/** Where a console is. */
export interface ConsolePlace {
  /** As browsers see it. @defaultValue the host name of the page, with `port` */
  url?: string | undefined
  port: number
}

/** Where the browser that asked finds the gateway: as configured, or beside the page. */
export function gatewayUrl(place: GatewayPlace, requestHostname: string): string {
  return place.url ?? `ws://${hostBeside(requestHostname)}:${place.port ?? 4000}${place.path}`
}

/** Where the browser that asked finds the console: as configured, or beside the page. */
export function consoleUrl(place: ConsolePlace, requestHostname: string): string {
  return place.url ?? `http://${hostBeside(requestHostname)}:${place.port}`
}

function hostBeside(requestHostname: string): string {
  return HOST_NAME.test(requestHostname) ? requestHostname : 'localhost'
}
