import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { ensureTool, freePort, startProcess } from '@portcullis/test-servers'
import { expect, test } from 'vitest'
import { GATEWAY } from '../src/paths.ts'

const README = new URL('../../../README.md', import.meta.url)

/** The shell block under a heading of the README, character by character. */
function shellBlock(heading: string): string {
  const [, section = ''] = readFileSync(README, 'utf8').split(`\n## ${heading}\n`)
  const [, block] = /```sh\n([\s\S]*?)```/.exec(section) ?? []
  if (block === undefined) throw new Error(`no shell block under ${heading}`)
  return block
}

test('the walk-through with curl does what it says, exactly as printed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'portcullis-readme-'))
  try {
    const port = await freePort()
    await using gateway = await startProcess({
      module: GATEWAY,
      env: { PORT: String(port), DATA_DIR: join(folder, 'data'), LOG_LEVEL: 'trace' },
      readyWhen: `http://127.0.0.1:${port}/health/ready`,
    })
    // The port that the README names may be taken here: curl is told to find it elsewhere.
    await writeFile(join(folder, '.curlrc'), `connect-to = "localhost:4000:127.0.0.1:${port}"\n`)
    const tools = await Promise.all([ensureTool('curl'), ensureTool('jq')])
    await using run = await startProcess({
      command: 'sh',
      args: ['-e', '-c', `${shellBlock('A machine client, with curl')}\necho "$CLIENT_SECRET $TOKEN"`],
      env: {
        CURL_HOME: folder,
        PATH: [...tools.map((tool) => dirname(tool)), process.env.PATH].join(':'),
      },
    })
    expect((await run.exited).code).toBe(0)
    const output = run.output()
    // `jq .` prints one JSON document over several lines.
    const [, context = '', health = '', rest = ''] =
      /^(\{[\s\S]*?^\})\n(\{[\s\S]*?^\})\n(.*)/m.exec(output) ?? []
    expect(JSON.parse(context)).toMatchObject({ type: 'machine', tier: 'free', permissions: ['execution'] })
    expect(JSON.parse(health)).toEqual({ ok: true })
    const [secret = '', token = ''] = rest.split(' ')
    expect(secret.length).toBeGreaterThan(40)
    expect(token.split('.')).toHaveLength(3)
    for (const hidden of [secret, token]) expect(gateway.output()).not.toContain(hidden.trim())
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
