import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Gateway from '@portcullis/interop'
import { attachInterop } from '@portcullis/interop/ws'

/** Our interop gateway on one node, with the settings it comes with but for the password check. */
const gateway = Gateway({ authentication: { basic: { secretVerifier: async () => true } } })
await gateway.start()
const server = createServer()
attachInterop(server, gateway, { path: '/gw' })
server.listen(0, '127.0.0.1', () => console.log(`port ${(server.address() as AddressInfo).port}`))
