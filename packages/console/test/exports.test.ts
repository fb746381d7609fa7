import { expect, test } from 'vitest'
import * as root from '../src/index.ts'

test('the exports of the package are these', () => {
  expect(Object.keys(root)).toEqual(['consolePages'])
})
