import type { AddressInfo } from 'node:net'
import { createPageServer } from './create-page-server.ts'
import type { ConsolePlace, GatewayPlace } from './gateway-url.ts'

export interface PageOptions {
  /** Folder with the built page. */
  root: URL
  /** Of whose origin the page may open connections, and which it is told of. */
  gateway: GatewayPlace
  /** Where the page links to. @defaultValue nowhere */
  console?: ConsolePlace | undefined
  /** 0 takes a free one. */
  port: number
  /** Address to listen on. @defaultValue 127.0.0.1 */
  host?: string | undefined
}

/** A page that is served. */
export interface ServedPage {
  /** Without a slash at the end. */
  readonly url: string
  /** Resolves when its port is free again. */
  close(): Promise<void>
}

/** Serves a built page, and tells it where its gateway is. */
export async function servePage({
  root,
  gateway,
  console,
  port,
  host = '127.0.0.1',
}: PageOptions): Promise<ServedPage> {
  const app = await createPageServer(root, gateway, console)
  await app.listen({ port, host })
  return {
    url: `http://localhost:${(app.server.address() as AddressInfo).port}`,
    close: () => app.close(),
  }
}
