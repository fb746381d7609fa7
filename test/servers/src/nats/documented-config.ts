import { readFile } from 'node:fs/promises'

const PAGE = new URL('../../../../docs/nats-permissions.md', import.meta.url)

/** The server configuration that docs/nats-permissions.md shows, as it stands there. */
export async function documentedNatsConfig(): Promise<string> {
  const config = /```conf\n([\s\S]*?)```/.exec(await readFile(PAGE, 'utf8'))?.[1]
  if (config === undefined) throw new Error('docs/nats-permissions.md has no ```conf block')
  return config
}
