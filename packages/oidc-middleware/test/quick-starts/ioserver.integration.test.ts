import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BaseController, BaseService, IOServer, type IOServerOptions } from 'ioserver'
import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import * as api from '../../src/index.ts'
import { startBetterAuth, type RunningBetterAuth } from '../providers/better-auth.ts'
import { connectTo, outcome } from '../socket.io/support.ts'
import { readmeBlocks, runSample, sample } from './code-sample.ts'

const APP = 'my-app'

let provider: RunningBetterAuth
beforeAll(async () => {
  const port = await freePort()
  const baseUrl = `http://127.0.0.1:${port}`
  // As the quick starts take it to be: the issuer is the URL of the service, the audience the name of the application.
  provider = await startBetterAuth('RS256', { issuer: baseUrl, audience: APP, port })
})
afterAll(async () => provider[Symbol.asyncDispose]())
beforeEach(() => {
  vi.stubEnv('AUTH_SERVICE_URL', provider.baseUrl)
  vi.stubEnv('AUTH_SERVICE_APP_SLUG', APP)
})
afterEach(() => {
  vi.unstubAllEnvs()
})

interface Who {
  userId: string
  userRole: string
}

class MeController extends BaseController {
  async me({ userId, userRole }: Who): Promise<Who> {
    return { userId, userRole }
  }
}

class WhoService extends BaseService {
  async who({ userId, userRole }: Who, _data: unknown, answer: (who: Who) => void): Promise<void> {
    answer({ userId, userRole })
  }
}

/** Runs a sample with a real IOServer, which listens where the test wants it to, and starts it unless the sample does. */
async function runIOServer(source: string, startsItself: boolean): Promise<string> {
  const routes = await mkdtemp(join(tmpdir(), 'quick-start-'))
  for (const name of ['profile', 'api']) {
    await writeFile(
      join(routes, `${name}.json`),
      JSON.stringify([{ method: 'GET', url: '/me', handler: 'me' }]),
    )
  }
  const port = await freePort()
  class PlacedIOServer extends IOServer {
    constructor(options: IOServerOptions) {
      super({ ...options, host: '127.0.0.1', port, routes, verbose: 'ALERT' })
      this.getApp().addHook('preClose', async () => this.getApp().io.close())
    }
  }
  const { server } = await runSample<{ server: IOServer }>(
    source,
    {
      modules: { '@portcullis/oidc-middleware': api, ioserver: { IOServer: PlacedIOServer } },
      names: {
        ProfileController: MeController,
        ApiController: MeController,
        ChatService: WhoService,
        UserService: WhoService,
      },
    },
    ['server'],
  )
  if (!startsItself) await server.start()
  onTestFinished(async () => {
    await server.stop()
    await rm(routes, { recursive: true, force: true })
  })
  return `http://127.0.0.1:${port}`
}

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

async function enter(url: string, token: string | undefined): Promise<{ message: string; who?: Who }> {
  const client = connectTo(url, { auth: { token } })
  onTestFinished(() => void client.disconnect())
  const { message } = await outcome(client)
  if (message !== 'connected') return { message }
  return { message, who: (await client.emitWithAck('who', {})) as Who }
}

async function ask(url: string, token?: string): Promise<unknown[]> {
  const response = await fetch(url, {
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  })
  const body = (await response.json()) as { code?: string }
  return response.ok ? [response.status, body] : [response.status, body.code]
}

const isOfIOServer = (block: string): boolean => /addManager|addController/.test(block)

test.each([
  ['the quick start', ['config-manager', 'controllers', 'services'].map(sample).join('\n')],
  ['the README', readmeBlocks().filter(isOfIOServer).join('\n')],
])('the controllers and services of %s let in whom BetterAuth knows, by role', async (_name, source) => {
  const url = await runIOServer(source, false)
  provider.setRole('admin')
  const admin = await provider.sessionToken()
  provider.setRole('editor')
  const editor = await provider.sessionToken()
  const { sub: userId } = JSON.parse(Buffer.from(admin.split('.')[1] as string, 'base64url').toString()) as {
    sub: string
  }

  expect(await ask(`${url}/profile/me`)).toEqual([401, 'ERR_AUTH_TOKEN_REQUIRED'])
  expect(await ask(`${url}/profile/me`, 'garbage')).toEqual([401, 'ERR_AUTH_TOKEN_INVALID'])
  expect(await ask(`${url}/profile/me`, editor)).toEqual([200, { userId, userRole: 'editor' }])

  expect(await enter(`${url}/chat`, undefined)).toEqual({ message: 'ERR_AUTH_TOKEN_REQUIRED' })
  expect(await enter(`${url}/chat`, editor)).toEqual({
    message: 'connected',
    who: { userId, userRole: 'editor' },
  })
  expect(await enter(`${url}/users`, editor)).toEqual({ message: 'ERR_FORBIDDEN' })
  expect(await enter(`${url}/users`, undefined)).toEqual({ message: 'ERR_AUTH_TOKEN_REQUIRED' })
  expect(await enter(`${url}/users`, admin)).toEqual({
    message: 'connected',
    who: { userId, userRole: 'admin' },
  })
})

test('the primer works without a manager: its middlewares read the variables themselves', async () => {
  const url = await runIOServer(sample('primer'), true)
  const token = await provider.sessionToken()
  expect(await ask(`${url}/api/me`)).toEqual([401, 'ERR_AUTH_TOKEN_REQUIRED'])
  expect((await ask(`${url}/api/me`, token))[0]).toBe(200)
  expect((await enter(`${url}/chat`, token)).message).toBe('connected')
  expect((await enter(`${url}/chat`, 'garbage')).message).toBe('ERR_AUTH_TOKEN_INVALID')
})
