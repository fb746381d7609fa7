/** Names that must never reach a subject as they are. */
export const REFUSED: readonly string[] = [
  '',
  '\t',
  '\r',
  '\n',
  '\u0000',
  '\u007f',
  '\u0085',
  'a\r\nPUB x 0',
  'x 0 2\r\n{}\r\nPUB outbound.w.p.gw.victim 2',
  'a\nb',
  '\ud800',
  'a\udc00b',
  'x'.repeat(129),
  'é'.repeat(65),
  'x'.repeat(6000),
]

/** Names that are text, and travel encoded. */
export const ENCODED: readonly string[] = [
  '.',
  '*',
  '>',
  ' ',
  'a.b',
  'a b',
  '..',
  'inbound.>',
  '$JS.API.>',
  '../x',
  'müller',
  '💬',
  'x'.repeat(128),
]
