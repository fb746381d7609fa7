import fastify from 'fastify'
import { describe, expect, test } from 'vitest'
import { describeError, loggerOptions } from '../../src/index.ts'

const S = 'SECRET'

describe('loggerOptions in a Fastify application', () => {
  async function logOf(path: string, headers: Record<string, string> = {}): Promise<string> {
    const lines: string[] = []
    const app = fastify({
      logger: { ...loggerOptions('trace'), stream: { write: (line: string) => lines.push(line) } },
    })
    app.post('/ok', async (request) => {
      request.log.info(`calling http://upstream/?token=${S}`)
      request.log.info({ url: 'kept' }, `calling %s`, `http://upstream/?token=${S}`)
      return {}
    })
    app.post('/fail', async () => {
      throw new Error(`GET http://upstream/?token=${S} failed`, { cause: new Error(`token=${S}`) })
    })
    await app.inject({ method: 'POST', url: path, headers, payload: { password: S } })
    await app.close()
    expect(lines.length).toBeGreaterThan(1)
    return lines.join('')
  }

  test.each([
    `/ok?token=${S}`,
    `/ok?%74oken=${S}`,
    `/ok?access%5Ftoken=${S}`,
    `/missing?token=${S}`,
    `/fail?token=${S}`,
    `/fail?x=1;token=${S}`,
  ])('the secret of %s stands nowhere in the log', async (path) => {
    const log = await logOf(path, {
      authorization: `Bearer ${S}`,
      cookie: `sid=${S}`,
      referer: `http://x/?token=${S}`,
      'sec-websocket-protocol': `bearer.${S}`,
    })
    expect(log).not.toContain(S)
    expect(log).toContain('[redacted]')
  })

  test('a request is logged as method, URL, host and address', async () => {
    expect(await logOf('/ok?a=1')).toContain(
      '"req":{"method":"POST","url":"/ok?a=1","host":"localhost:80","remoteAddress":"127.0.0.1"}',
    )
  })
})

test('an unfinished request of plain Node is logged too', () => {
  const { req } = loggerOptions('info').serializers
  expect(
    req({ method: 'GET', url: '/?token=x', headers: { host: 'h' }, socket: { remoteAddress: 'a' } }),
  ).toEqual({
    method: 'GET',
    url: '/?token=[redacted]',
    host: 'h',
    remoteAddress: 'a',
  })
  expect(req({})).toEqual({ method: '', url: '', host: '', remoteAddress: '' })
})

describe('describeError', () => {
  test('keeps type, message, code, status and causes, and nothing else', () => {
    const error = Object.assign(
      new TypeError('outer', { cause: Object.assign(new Error('inner'), { token: S }) }),
      {
        code: 'ERR_X',
        statusCode: 400,
        request: { token: S },
      },
    )
    const described = describeError(error)
    expect(described).toMatchObject({ type: 'TypeError', message: 'outer', code: 'ERR_X', statusCode: 400 })
    expect(described.cause).toMatchObject({ type: 'Error', message: 'inner' })
    expect(JSON.stringify(described)).not.toContain(S)
  })

  test('ends although the causes go round in a circle', () => {
    const error = new Error('a')
    error.cause = new Error('b', { cause: error })
    expect(JSON.stringify(describeError(error)).length).toBeLessThan(50_000)
  })

  test.each([undefined, null, 7, 'text', {}, Object.create(null), Symbol('x')])(
    'describes the thrown value %s',
    (value) => {
      expect(describeError(value)).toMatchObject({ type: typeof value, stack: '' })
    },
  )
})
