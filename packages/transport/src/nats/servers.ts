/** Where to connect, and as whom. */
export interface NatsServers {
  servers: string[]
  login: { user?: string; pass?: string; token?: string }
}

/**
 * Takes the login out of server URLs: `nats://user:password@host` or `nats://token@host`. The client library leaves it
 * there unread.
 *
 * @throws TypeError for a URL that is none, and for different logins; neither is shown
 */
export function readServers(servers: string | readonly string[]): NatsServers {
  const logins = new Set<string>()
  let login: NatsServers['login'] = {}
  const list = (typeof servers === 'string' ? [servers] : servers).map((server) => {
    const url = parse(server)
    const [user, pass] = [decodeURIComponent(url.username), decodeURIComponent(url.password)]
    if (user !== '' || pass !== '') login = pass === '' ? { token: user } : { user, pass }
    logins.add(`${url.username}:${url.password}`)
    return `${url.protocol}//${url.host}`
  })
  if (list.length === 0) throw new TypeError('"servers" option must name a server')
  if (logins.size > 1) throw new TypeError('"servers" option must have the same login in every URL')
  return { servers: list, login }
}

function parse(server: string): URL {
  // A bare `host:port` is what the client library takes as well.
  const text = /^[a-z]+:\/\//i.test(server) ? server : `nats://${server}`
  if (!URL.canParse(text) || new URL(text).host === '')
    throw new TypeError('"servers" option must be URLs such as nats://localhost:4222')
  return new URL(text)
}
