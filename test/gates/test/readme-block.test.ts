import { expect, test } from 'vitest'
import { neededPeers } from '../src/packed/peers.ts'
import { firstCodeBlock, packagesOf, toJavaScript } from '../src/packed/readme.ts'

const README = [
  '# x',
  '```sh',
  'npm i x',
  '```',
  '```ts title=a',
  'const a: number = 1',
  '```',
  '```js',
  'b()',
  '```',
].join('\n')

test('the first block in JavaScript or TypeScript is the one that counts', () => {
  expect(firstCodeBlock(README)).toBe('const a: number = 1\n')
  expect(firstCodeBlock('```sh\nnpm i x\n```\n')).toBeUndefined()
})

test('types are stripped, an import for its effect stays', () => {
  const block = `import type { A } from 'a'\nimport 'b'\nconst x: A = await f<string>()\n`
  expect(toJavaScript(block)).toBe(`import 'b';\nconst x = await f();\n`)
})

test('the packages a block imports are known once each', () => {
  const block = `import a from '@portcullis/a/sub'\nimport b from '@portcullis/a'\nimport 'node:fs'\nawait import('ws')`
  expect(packagesOf(block)).toEqual(['@portcullis/a', 'ws'])
})

test('a block may import the package, its dependencies and its peers, and nothing else', () => {
  const one = { kind: 'packages', id: 'a', dir: 'packages/a', manifest: { name: 'a' } } as const
  const packed = { name: 'a', dependencies: { b: '1' }, peerDependencies: { fastify: '^5', vitest: '>=3' } }
  expect(neededPeers(one, packed, ['a', 'b', 'fastify'])).toEqual({ fastify: '^5' })
  expect(() => neededPeers(one, packed, ['express'])).toThrow(
    'the README of a imports express, which installing it does not bring',
  )
})
