import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const PAGES = new URL('../../src/pages/', import.meta.url)

interface Source {
  readonly path: string
  readonly text: string
}

const sources: readonly Source[] = readdirSync(PAGES, { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.(tsx?|html|css)$/.test(path))
  .map((path) => ({ path, text: readFileSync(new URL(path, PAGES), 'utf8') }))

/** Every way from a text to markup, code or a navigation that nobody meant. */
const WAYS = [
  /dangerouslySetInnerHTML/,
  /\.(innerHTML|outerHTML|srcdoc)\b/,
  /\b(insertAdjacentHTML|createContextualFragment|DOMParser|setHTMLUnsafe|document\.write)\b/,
  /\beval\s*\(|new Function\s*\(|javascript:/,
  /\bwindow\.open\b|target="_blank"/,
]

test('no page makes markup, code or a script address of a text', () => {
  expect(sources.length).toBeGreaterThan(50)
  for (const { path, text } of sources) {
    for (const way of WAYS) expect.soft(text, path).not.toMatch(way)
  }
})

test.each([
  '<p dangerouslySetInnerHTML={{ __html: name }} />',
  'element.innerHTML = name',
  'place.insertAdjacentHTML("beforeend", name)',
  'location.href = "javascript:alert(1)"',
])('%s would be found', (line) => {
  expect(WAYS.some((way) => way.test(line))).toBe(true)
})

test('nothing is inline that the content security policy would refuse', () => {
  const html = sources.find(({ path }) => path === 'index.html')?.text ?? ''
  expect(html).toMatch(/<script type="module" src=/)
  expect(html).not.toMatch(/<style|style=|<script(?![^>]*\bsrc=)|\son\w+=/)
})

test('only the theme is kept in the browser: no key, no token', () => {
  const keeping = sources.filter(({ text }) =>
    /localStorage|sessionStorage|indexedDB|document\.cookie/.test(text),
  )
  expect(keeping.map(({ path }) => path)).toEqual(['shell/theme.ts'])
})
