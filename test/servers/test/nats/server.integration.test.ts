import { existsSync } from 'node:fs'
import { createConnection, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { startNatsServer } from '../../src/index.ts'
import { readServerInfo } from '../../src/nats/info.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

test('starts with JetStream on a port of its own and says its version', async () => {
  await using one = await startNatsServer()
  await using other = await startNatsServer()
  expect(one.port).not.toBe(other.port)
  expect(one.url).toBe(`nats://127.0.0.1:${one.port}`)
  expect(await readServerInfo(one.port)).toMatchObject({ version: one.version, jetstream: true })
})

test('runs without JetStream, and with a configuration text', async () => {
  await using server = await startNatsServer({ jetstream: false, config: 'max_payload: 2048' })
  const info = await readServerInfo(server.port)
  expect(info).toMatchObject({ max_payload: 2048 })
  expect(info.jetstream).toBeUndefined()
})

test('keeps port and store over a SIGKILL and restart', async () => {
  await using server = await startNatsServer()
  const { pid, storeDir } = server
  expect(await server.kill()).toMatchObject({ signal: 'SIGKILL' })
  await expect(readServerInfo(server.port)).rejects.toThrow('ECONNREFUSED')
  await server.restart()
  expect(server.pid).not.toBe(pid)
  expect(server.storeDir).toBe(storeDir)
  expect(await readServerInfo(server.port)).toMatchObject({ jetstream: true })
})

test('restarts on its port although a client holds it for a moment', async () => {
  await using server = await startNatsServer()
  await server.stop()
  const holder = createServer().listen(server.port, '127.0.0.1')
  setTimeout(() => holder.close(), 600)
  await server.restart()
  expect(await readServerInfo(server.port)).toMatchObject({ version: server.version })
})

test('a paused server keeps the connection and answers nothing until it resumes', async () => {
  await using server = await startNatsServer()
  const socket = createConnection({ host: '127.0.0.1', port: server.port }).setEncoding('utf8')
  let text = ''
  socket.on('data', (chunk) => (text += chunk))
  await expect.poll(() => text).toContain('INFO')
  await server.pause()
  socket.write('PING\r\n')
  await sleep(200)
  expect(text).not.toContain('PONG')
  server.resume()
  await expect.poll(() => text).toContain('PONG')
  socket.destroy()
})

test('stops although it is paused', async () => {
  await using server = await startNatsServer()
  await server.pause()
  await server.stop()
  await expect(readServerInfo(server.port)).rejects.toThrow('ECONNREFUSED')
})

test('removes its store on dispose, and leaves one that was given', async () => {
  await using folder = await tempFolder()
  let own: string
  {
    await using server = await startNatsServer()
    await using other = await startNatsServer({ storeDir: folder.path })
    own = server.storeDir
    expect([existsSync(own), other.storeDir]).toEqual([true, folder.path])
  }
  expect([existsSync(own), existsSync(folder.path)]).toEqual([false, true])
})

test('rejects with what the server logged when it cannot start', async () => {
  await expect(startNatsServer({ config: 'no_such_option: true' })).rejects.toThrow(
    /unknown field "no_such_option"/,
  )
})
