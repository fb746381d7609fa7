import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTcpProxy } from '../../src/index.ts'

let echo: Server
let target: string

beforeAll(async () => {
  echo = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => {
      if (String(chunk) === 'bye') socket.end(chunk)
      else socket.write(chunk)
    })
  })
  echo.listen(0, '127.0.0.1')
  await once(echo, 'listening')
  target = `nats://127.0.0.1:${(echo.address() as AddressInfo).port}`
})
afterAll(() => {
  echo.close()
})

function dial(url: string): Socket {
  // The end of a proxy resets it.
  return connect(Number(new URL(url).port), '127.0.0.1')
    .setEncoding('utf8')
    .on('error', () => undefined)
}

async function answer(socket: Socket, text: string): Promise<string> {
  socket.write(text)
  return String((await once(socket, 'data'))[0])
}

test('passes on what both sides say, at a URL of the same kind', async () => {
  await using proxy = await startTcpProxy(target)
  expect(proxy.url).toMatch(/^nats:\/\/127\.0\.0\.1:\d+$/)
  expect(proxy.url).not.toBe(target)
  expect(await answer(dial(proxy.url), 'hello')).toBe('hello')
})

test('a cut resets what is open and what comes, until it is restored', async () => {
  await using proxy = await startTcpProxy(target)
  const open = dial(proxy.url)
  await answer(open, 'hello')
  proxy.cut()
  await expect(once(open, 'end')).rejects.toMatchObject({ code: 'ECONNRESET' })
  await expect(once(dial(proxy.url), 'end')).rejects.toMatchObject({ code: 'ECONNRESET' })
  proxy.restore()
  expect(await answer(dial(proxy.url), 'again')).toBe('again')
})

test('what a muted server says is lost, until it is unmuted', async () => {
  await using proxy = await startTcpProxy(target)
  const client = dial(proxy.url)
  const seen: string[] = [await answer(client, 'before')]
  client.on('data', (text: string) => seen.push(text))
  proxy.mute()
  // The server ends the connection behind its answer, so that at the close nothing is on its way any more.
  client.write('bye')
  await once(client, 'close')
  expect(seen).toEqual(['before'])
  proxy.unmute()
  expect(await answer(dial(proxy.url), 'after')).toBe('after')
})
