/** The nats-server release the tests download when the machine has none, and what its files must hash to. */
export interface NatsRelease {
  readonly version: string
  /** SHA-256 of the tarball, by platform as the release's file names spell it. */
  readonly sha256: Readonly<Record<string, string>>
}

/**
 * Taken from the Docker official image of the same version, which lists Linux only.
 * @see https://github.com/nats-io/nats-docker/blob/main/2.12.x/alpine3.22/Dockerfile
 */
export const NATS_RELEASE: NatsRelease = {
  version: '2.12.15',
  sha256: {
    'linux-amd64': '58ab8131f819263897e2fc38e503e1b755b63bcafeecc7d12582487df48ca15e',
    'linux-arm64': 'b724db99fefbf8f5c808baa82819ee50350aee9734017e4a478f7e545cef3ab6',
    'linux-arm7': '72311fe4e14ce3ce22dc8e7ac02633e6f31a9bab4086c92a31fd040e59683c8a',
    'linux-ppc64le': '56447e72ec0551fa27a4368388dee475e028d4d5de6d97a802d944c6f278cf1e',
    'linux-s390x': '5db960be875da499f1354f41c0a7780303fb9644cf62d35022677e77b4178029',
    'linux-386': 'e20fd919512273ed8ee553f5076bd76b1fc5e78a3cf83eafed4e0b40582f9b87',
    'linux-loong64': 'd4b63722073398b95e636bda8f4db3829ab64f9447d9c1689d9e24bc88b56f46',
  },
}

const ARCHITECTURES: Readonly<Record<string, string>> = {
  x64: 'amd64',
  arm: 'arm7',
  ia32: '386',
  ppc64: 'ppc64le',
}

/** How the release's file names spell a machine. */
export function releasePlatform(platform: string = process.platform, arch: string = process.arch): string {
  return `${platform === 'win32' ? 'windows' : platform}-${ARCHITECTURES[arch] ?? arch}`
}
