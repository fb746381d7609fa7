import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { compileRules } from '@portcullis/visibility'
import { readRules } from '../../src/interop/rules-file.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'portcullis-rules-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function written(text: string): Promise<string> {
  const path = join(folder, 'rules.json')
  await writeFile(path, text)
  return path
}

test('without a file there are no rules but the default', () => {
  expect(readRules({ path: undefined, default: 'cluster' })).toEqual({ default: 'cluster' })
})

test('the default of the file comes before that of the environment', async () => {
  const path = await written('{"default":"cluster"}')
  expect(readRules({ path, default: 'local' })).toEqual({ default: 'cluster' })
  expect(readRules({ path: await written('{}'), default: 'cluster' })).toEqual({ default: 'cluster' })
})

test.each(['', 'null', '[]', '1', '{"methods":{}}', '{"method":[]}', '{"default":"everywhere"}'])(
  'a file with %j is refused, by its name and the variable',
  async (text) => {
    const path = await written(text)
    expect(() => readRules({ path, default: 'local' })).toThrow(`INTEROP_RULES_FILE: ${path}: `)
  },
)

test('the rules that the documentation shows do what it says', async () => {
  const page = readFileSync(new URL('../../../../docs/interop.md', import.meta.url), 'utf8')
  const [, text = ''] = /```json\n([\s\S]*?)```/.exec(page) ?? []
  const policy = compileRules(readRules({ path: await written(text), default: 'local' }))
  const decided = [
    policy.decide({ kind: 'method', name: 'Orders.Open' }),
    policy.decide({ kind: 'method', name: 'T42.Notify' }),
    policy.decide({ kind: 'method', name: 'Other' }),
    policy.decide({ kind: 'context', name: 'selection' }),
    policy.decide({ kind: 'peer', domain: 'interop' }),
    policy.decide({ kind: 'peer', domain: 'bus' }),
  ]
  expect(decided).toEqual(['cluster', 'local', 'local', 'cluster', 'cluster', 'local'])
})
