import { documentedNatsConfig, startNatsServer } from '@portcullis/test-servers'
import type { Transport } from '@portcullis/transport'
import { createNatsTransport } from '@portcullis/transport/nats'
import { expect, test } from 'vitest'
import { createGateway, type InteropGateway } from '../../src/index.ts'
import { clusterNode, eventually } from '../support/cluster-node.ts'
import { TestClient, withPassword } from '../support/gateway-peer.ts'

/** A connection with the documented permissions of a gateway. */
async function connected(url: string): Promise<Transport> {
  const transport = createNatsTransport({
    servers: url,
    inboxPrefix: '_INBOX_gateway',
    connection: { user: 'gateway', pass: 'change-me' },
  })
  await transport.start()
  return transport
}

async function start(url: string, name: string): Promise<AsyncDisposable & { gateway: InteropGateway }> {
  const transport = await connected(url)
  const gateway = createGateway({ ...withPassword, cluster: { transport, name, visibility: 'cluster' } })
  return {
    gateway,
    async [Symbol.asyncDispose]() {
      await gateway.close()
      await transport.close()
    },
  }
}

test.each(['as they stand', 'narrowed to one cluster'])(
  'the documented permissions are enough, %s',
  async (how) => {
    const documented = await documentedNatsConfig()
    expect(documented).toContain('"interop.>"')
    const config =
      how === 'as they stand' ? documented : documented.replaceAll('"interop.>"', '"interop.prod.>"')
    await using server = await startNatsServer({ config })
    await using one = await start(server.url, 'prod')
    await using other = await start(server.url, 'prod')
    await Promise.all([one.gateway.start(), other.gateway.start()])
    await eventually(() => one.gateway.stats().nodes === 1 && other.gateway.stats().nodes === 1)
    const [ann, bob] = [new TestClient(one.gateway), new TestClient(other.gateway)]
    const [id, bobs] = [await ann.login('john'), await bob.login('john')]
    const name = 'x'
    const made = await ann.request({ type: 'create-context', peer_id: id, name, lifetime: 'retained' })
    await bob.find((message) => message.type === 'context-added' && message.name === name)
    const context_id = made.context_id
    await bob.request({ type: 'update-context', peer_id: bobs, context_id, delta: { added: { a: 1 } } })
    expect(await ann.next('context-updated')).toMatchObject({ delta: { added: { a: 1 } } })
  },
)

test('a gateway narrowed to one cluster does not come up in another', async () => {
  const config = (await documentedNatsConfig()).replaceAll('"interop.>"', '"interop.prod.>"')
  await using server = await startNatsServer({ config })
  await using transport = await connected(server.url)
  await using stranger = clusterNode('s', transport, { name: 'other', startTimeoutMs: 500 })
  await expect(stranger.cluster.start()).rejects.toThrow('is its subject permitted?')
})
