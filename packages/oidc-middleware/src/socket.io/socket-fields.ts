import type { OidcFeatures, OidcUserContext } from '../context/user-context.ts'

/** What `oidcMiddleware` puts on a socket and on its `data`; undefined on sockets that did not come through it. */
export interface OidcSocketFields {
  /** Whom the socket belongs to now, and the same in parts below: they change with a reauth and when users are re-checked. */
  readonly oidc: OidcUserContext | undefined
  readonly sub: string | undefined
  readonly userId: string | undefined
  readonly userRole: string | undefined
  readonly roles: string[] | undefined
  readonly permissions: string[] | undefined
  readonly features: OidcFeatures | undefined
}

declare module 'socket.io' {
  // oxlint-disable-next-line no-unused-vars -- an augmentation repeats the parameters of the class
  interface Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData> extends OidcSocketFields {}
}

const PARTS = ['sub', 'userId', 'userRole', 'roles', 'permissions', 'features'] as const

/** Puts the fields on `target`. They ask `current` each time, so that nobody reads a role that was taken back. */
export function defineFields(target: object, current: () => OidcUserContext): void {
  define(target, 'oidc', current)
  for (const part of PARTS) define(target, part, () => current()[part])
}

function define(target: object, name: string, get: () => unknown): void {
  Object.defineProperty(target, name, {
    get,
    // An application may put something of its own in place of a field, as it may with any other property of a socket.
    set(value: unknown) {
      Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true })
    },
    enumerable: true,
    configurable: true,
  })
}
