import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cli, temporaryFolder } from '../support/cli.ts'

interface Finding {
  check: string
  status: string
  detail: string
}

const GOOD = {
  CONTROL_PLANE_INTERNAL_TOKEN: 'Vq0x7dGZr3tYb1nLk9eWc5uJh2mPs8aF',
  REGISTRY_SECRET_KEY: '5f1c8e0b7a49d2634eb9f07c12a58d3e6b40c97f8512ade3490b6c7d1f28e5a9',
  GATEWAY_JWT_SECRET: 'J7mWq2xRtZ4bKc8LpN3sYd6HfG5aQeV9',
  INTERNAL_SECRET: 'hT4vB8nMq1ZxR6kLw3sYd9PfG2aJcE5u',
  AUTH_INITIAL_ACCESS_TOKEN: 'Zr8YbX1nLk4eWc5Jh2mPs8aFVq0x7dGt',
  TRUSTED_PROXIES: '10.0.0.0/8',
  NODE_ENV: 'production',
}

let folder: Awaited<ReturnType<typeof temporaryFolder>>
beforeAll(async () => {
  folder = await temporaryFolder()
})
afterAll(() => folder[Symbol.asyncDispose]())

async function examine(
  env: Record<string, string>,
  ...argv: string[]
): Promise<{ exitCode: number; findings: Finding[]; text: string }> {
  const result = await cli(['doctor', '--offline', '--json', ...argv], { cwd: folder.path, env })
  const { findings } = result.json() as { findings: Finding[] }
  return { exitCode: result.exitCode, findings, text: result.stdout + result.stderr }
}

const of = (findings: readonly Finding[], check: string): Finding[] =>
  findings.filter((one) => one.check === check)

test('a production that is set up well has nothing wrong', async () => {
  const { exitCode, findings, text } = await examine(GOOD)
  expect(findings.filter(({ status }) => status === 'failed' || status === 'warning')).toEqual([])
  expect(exitCode).toBe(0)
  for (const secret of Object.values(GOOD).slice(0, 5)) expect(text).not.toContain(secret)
})

test('an empty development is a matter of warnings, which --strict and --production do not let pass', async () => {
  const { exitCode, findings } = await examine({})
  expect(exitCode).toBe(0)
  expect(of(findings, 'secret:CONTROL_PLANE_INTERNAL_TOKEN')).toMatchObject([{ status: 'warning' }])
  expect(of(findings, 'registration')).toMatchObject([{ status: 'warning' }])
  expect(of(findings, 'interop-auth')).toMatchObject([{ status: 'warning' }])
  expect((await examine({}, '--strict')).exitCode).toBe(1)
  expect((await examine({}, '--production')).exitCode).toBe(1)
})

describe('in production', () => {
  test.each([
    [
      { CONTROL_PLANE_INTERNAL_TOKEN: 'portcullis-internal-development-token' },
      'secret:CONTROL_PLANE_INTERNAL_TOKEN',
      'everybody knows',
    ],
    [{ CONTROL_PLANE_INTERNAL_TOKEN: '' }, 'secret:CONTROL_PLANE_INTERNAL_TOKEN', 'is not set'],
    [
      { CONTROL_PLANE_INTERNAL_TOKEN: `${GOOD.INTERNAL_SECRET},short` },
      'secret:CONTROL_PLANE_INTERNAL_TOKEN',
      'only 5 bytes',
    ],
    [{ GATEWAY_JWT_SECRET: 'x'.repeat(64) }, 'secret:GATEWAY_JWT_SECRET', 'repeats itself'],
    [{ INTERNAL_SECRET: GOOD.GATEWAY_JWT_SECRET }, 'secret:reuse', 'GATEWAY_JWT_SECRET and INTERNAL_SECRET'],
    [{ AUTH_REGISTRATION: 'open' }, 'registration', 'whoever reaches the gateway'],
    [{ ALLOWED_ORIGINS: 'https://a.example.com, *' }, 'origins', 'every page'],
    [{ ALLOWED_ORIGINS: 'null' }, 'origins', 'sandboxed'],
    [{ ALLOWED_ORIGINS: 'https://*.com' }, 'origins', 'strangers may register'],
    [{ INTEROP_AUTH: 'machine,dev' }, 'interop-auth', 'any name with any password'],
    [{ TRUSTED_PROXIES: '0.0.0.0/0' }, 'trusted-proxies', 'invent their address'],
    [{ TRUSTED_PROXIES: '::/0' }, 'trusted-proxies', 'invent their address'],
    [{ GATEWAY_JWT_KEYS_FILE: 'no-such.json' }, 'signing-keys', 'does not exist'],
    [{ INTEROP_RULES_FILE: 'no-such.json' }, 'visibility-rules', 'does not exist'],
    [{ NATS_CREDS_FILE: 'no-such.creds' }, 'private-files', 'cannot be looked at'],
  ])('%j is wrong', async (change, check, why) => {
    const { exitCode, findings, text } = await examine({ ...GOOD, ...change })
    expect(of(findings, check)).toMatchObject([{ status: 'failed', detail: expect.stringContaining(why) }])
    expect(exitCode).toBe(1)
    for (const secret of [...Object.values(GOOD).slice(0, 5), 'x'.repeat(64)])
      expect(text).not.toContain(secret)
  })

  test.each([
    [{ TRUSTED_PROXIES: '' }, 'trusted-proxies', 'share its limits'],
    [{ REGISTRY_SECRET_KEY: '' }, 'secret:REGISTRY_SECRET_KEY', 'a control plane will not start'],
    [{ GATEWAY_JWT_SECRET: '' }, 'secret:GATEWAY_JWT_SECRET', 'a gateway will not start'],
    [{ CONTROL_PLANE_URL: 'http://control.internal:3000' }, 'plain:CONTROL_PLANE_URL', 'is not https'],
    [{ NATS_URL: 'nats://user:hunter2@nats.internal' }, 'plain:NATS_URL', 'without tls'],
    [{ DATABASE_URL: 'postgres://u:hunter2@db.internal/x' }, 'plain:DATABASE_URL', 'encryption'],
    [{ ALLOWED_ORIGINS: 'http://app.example.com' }, 'origins', 'changed on its way'],
  ])('%j is to be looked at', async (change, check, why) => {
    const { exitCode, findings, text } = await examine({ ...GOOD, ...change })
    expect(of(findings, check)).toMatchObject([{ status: 'warning', detail: expect.stringContaining(why) }])
    expect(exitCode).toBe(0)
    expect(text).not.toContain('hunter2')
  })

  test('origins of your own, encrypted connections and known proxies are fine', async () => {
    const { exitCode, findings } = await examine({
      ...GOOD,
      ALLOWED_ORIGINS: 'https://app.example.com,https://*.example.com',
      CONTROL_PLANE_URL: 'https://control.internal',
      NATS_URL: 'tls://nats.internal',
      DATABASE_URL: 'postgres://u:p@db.internal/x?sslmode=verify-full',
    })
    expect(findings.filter(({ status }) => status === 'failed' || status === 'warning')).toEqual([])
    expect(exitCode).toBe(0)
  })
})

test('variables come out of a file, which others must not read', async () => {
  const path = join(folder.path, 'gateway.env')
  await writeFile(
    path,
    Object.entries(GOOD)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
    { mode: 0o600 },
  )
  // Those of the process do not count then.
  const env = { ALLOWED_ORIGINS: '*' }
  expect(await examine(env, '--env-file', 'gateway.env')).toMatchObject({ exitCode: 0 })
  await chmod(path, 0o644)
  const { exitCode, findings } = await examine(env, '--env-file', 'gateway.env')
  expect(of(findings, 'private-files')).toMatchObject([
    { status: 'failed', detail: expect.stringContaining('may be read by others') },
  ])
  expect(exitCode).toBe(1)
})

test('signing keys are loaded as a gateway would, and their end is foreseen', async () => {
  await cli(['key', 'rotate', '--keys-file', 'keys.json', '--create'], { cwd: folder.path })
  const env = { ...GOOD, GATEWAY_JWT_SECRET: '', GATEWAY_JWT_KEYS_FILE: 'keys.json' }
  expect(of((await examine(env)).findings, 'signing-keys')).toMatchObject([{ status: 'ok' }])
})

test('a signing key that others may read is wrong, and so is a list of keys that they may', async () => {
  const { json } = await cli(['key', 'rotate', '--keys-file', 'open.json', '--create', '--json'], {
    cwd: folder.path,
  })
  const { keyFile, path } = json() as { keyFile: string; path: string }
  const env = { ...GOOD, GATEWAY_JWT_SECRET: '', GATEWAY_JWT_KEYS_FILE: 'open.json' }
  const statuses = async (): Promise<string[]> =>
    of((await examine(env)).findings, 'private-files').map(({ status }) => status)
  expect(await statuses()).toEqual(['ok', 'ok'])
  await chmod(keyFile, 0o644)
  expect(await statuses()).toEqual(['ok', 'failed'])
  await chmod(path, 0o644)
  expect(await statuses()).toEqual(['failed', 'failed'])
})

test('people get lines with hints, and a count', async () => {
  const { stdout, exitCode } = await cli(['doctor', '--offline', '--production'], {
    env: { ...GOOD, AUTH_REGISTRATION: 'open' },
  })
  expect(stdout).toMatch(/^FAILED {3}registration: whoever.*\n {9}→ set AUTH_REGISTRATION=token/m)
  expect(stdout).toMatch(/\n1 wrong, 0 to look at, \d+ good, \d+ not looked at\n$/)
  expect(exitCode).toBe(1)
})

test.each([
  [['--offline', '--url', 'http://localhost:3000']],
  [['--url', 'localhost']],
  [['--timeout', '0']],
  [['extra']],
])('%j is not understood', async (argv) => {
  expect((await cli(['doctor', ...argv])).exitCode).toBe(2)
})
