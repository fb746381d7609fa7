import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BaseController, BaseService, IOServer } from 'ioserver'
import { onTestFinished } from 'vitest'
import {
  OidcHttpMiddleware,
  OidcSocketAdminMiddleware,
  OidcSocketMiddleware,
} from '../../src/ioserver/index.ts'

/** What the application tells about a user. */
export interface Who {
  sub: string
  userId: string
  userRole: string
  roles: string[]
  permissions: string[]
  features: Record<string, unknown>
}

function whoOf({ sub, userId, userRole, roles, permissions, features }: Who): Who {
  return { sub, userId, userRole, roles, permissions, features }
}

class ProfileController extends BaseController {
  async me(request: Who): Promise<Who> {
    return whoOf(request)
  }
}

class ChatService extends BaseService {
  async who(socket: Who, _data: unknown, answer: (who: Who) => void): Promise<void> {
    answer(whoOf(socket))
  }
}

/** An IOServer with the route `/profile/me` and the namespaces `/chat` and `/users`, the latter for administrators. */
export async function startIOServer(addManagers: (server: IOServer) => void): Promise<string> {
  const routes = await mkdtemp(join(tmpdir(), 'ioserver-'))
  await writeFile(
    join(routes, 'profile.json'),
    JSON.stringify([{ method: 'GET', url: '/me', handler: 'me' }]),
  )
  const port = await freePort()
  const server = new IOServer({ host: '127.0.0.1', port, routes, verbose: 'ALERT' })
  addManagers(server)
  server.addController({
    name: 'profile',
    controller: ProfileController,
    middlewares: [OidcHttpMiddleware],
    prefix: '/profile',
  })
  server.addService({ name: 'chat', service: ChatService, middlewares: [OidcSocketMiddleware] })
  server.addService({
    name: 'users',
    service: ChatService,
    middlewares: [OidcSocketMiddleware, OidcSocketAdminMiddleware],
  })
  // IOServer waits for its sockets before it would close them.
  server.getApp().addHook('preClose', async () => server.getApp().io.close())
  await server.start()
  onTestFinished(async () => {
    await server.stop()
    await rm(routes, { recursive: true, force: true })
  })
  return `http://127.0.0.1:${port}`
}

/** IOServer takes 0 for its default port. */
async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => {
    probe.listen(0, '127.0.0.1', resolve)
  })
  const { port } = probe.address() as AddressInfo
  await new Promise((resolve) => {
    probe.close(resolve)
  })
  return port
}
