import { row } from '@portcullis/example-page/server'
import { expect, test } from 'vitest'
import { createStyle } from '../../src/server/style.ts'

test('without colours a row is nothing but its words, lined up', () => {
  expect(row(createStyle(false), 'Chat', 'http://localhost:8080', 'open it')).toBe(
    `    Chat           http://localhost:8080       open it`,
  )
})

test('colours end where the words end', () => {
  const { bold } = createStyle(true)
  expect(bold('up')).toBe('\u001B[1mup\u001B[0m')
})
