import { networkInterfaces } from 'node:os'

/** The name of the machine a client is on: its address, and for a client on this machine an address others reach it at. */
export function machineOf(remoteAddress: string | undefined): string {
  const address = remoteAddress?.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '') ?? '127.0.0.1'
  return isLoopback(address) ? (ownAddress() ?? address) : address
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.')
}

let own: string | undefined | null = null

/** The first IPv4 address of this machine that others see, looked up once. */
function ownAddress(): string | undefined {
  if (own === null) {
    own = Object.values(networkInterfaces())
      .flatMap((each) => each ?? [])
      .find(({ family, internal }) => family === 'IPv4' && !internal)?.address
  }
  return own
}
