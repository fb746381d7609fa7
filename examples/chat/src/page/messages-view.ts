import { arrange, byId, create, paintAvatar } from '@portcullis/example-page/page'
import type { Line } from './conversation.ts'

// Messages of one person this close together share one avatar and one headline.
const GROUP_MS = 5 * 60_000
// From how far above the end a reader is still taken along.
const NEAR_END_PX = 80

const time = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })

const WORDING = { pending: 'Sending…', delivered: 'Delivered', failed: 'Not delivered.' } as const

interface Row {
  element: HTMLLIElement
  state: HTMLElement | undefined
}

/** The list of messages. Elements live as long as their message, so that a screen reader hears each one once. */
export class MessagesView {
  readonly #log = byId('log', HTMLElement)
  readonly #list = byId('messages', HTMLOListElement)
  readonly #empty = byId('empty', HTMLElement)
  readonly #onRetry: (line: Line) => void
  #rows = new Map<string, Row>()
  #isAtEnd = true

  constructor(onRetry: (line: Line) => void) {
    this.#onRetry = onRetry
    this.#log.addEventListener('scroll', () => {
      const { scrollTop, scrollHeight, clientHeight } = this.#log
      this.#isAtEnd = scrollHeight - scrollTop - clientHeight < NEAR_END_PX
    })
    // A keyboard that slides in must not cover what came last.
    new ResizeObserver(() => this.#followEnd()).observe(this.#log)
  }

  render(lines: readonly Line[]): void {
    const rows = new Map(lines.map((line) => [line.key, this.#rows.get(line.key) ?? createRow(line)]))
    for (const [index, line] of lines.entries()) this.#update(rows.get(line.key), lines, index)
    arrange(
      this.#list,
      [...rows.values()].map((row) => row.element),
    )
    this.#rows = rows
    this.#empty.hidden = lines.length > 0
    if (lines.at(-1)?.delivery === 'pending') this.#isAtEnd = true
    this.#followEnd()
  }

  #followEnd(): void {
    if (this.#isAtEnd) this.#log.scrollTop = this.#log.scrollHeight
  }

  #update(row: Row | undefined, lines: readonly Line[], index: number): void {
    const line = lines[index]
    if (!row || !line) return
    row.element.classList.toggle('follows', belongTogether(lines[index - 1], line))
    row.element.classList.toggle('followed', belongTogether(line, lines[index + 1]))
    if (!row.state || !line.delivery || row.element.dataset['delivery'] === line.delivery) return
    row.element.dataset['delivery'] = line.delivery
    row.state.textContent = WORDING[line.delivery]
    if (line.delivery === 'failed') {
      const retry = create('button', '', 'Try again')
      retry.type = 'button'
      retry.addEventListener('click', () => this.#onRetry(line))
      row.state.append(retry)
    }
  }
}

function createRow(line: Line): Row {
  const element = create('li', line.mine ? 'message mine' : 'message')
  const avatar = create('span', 'avatar')
  avatar.setAttribute('aria-hidden', 'true')
  paintAvatar(avatar, line.name)
  const at = create('time', '', time.format(line.at))
  at.dateTime = new Date(line.at).toISOString()
  const by = create('p', 'by')
  by.append(create('strong', '', line.name), at)
  element.append(avatar, by, create('p', 'bubble', line.text))
  const state = line.mine ? create('p', 'delivery') : undefined
  if (state) element.append(state)
  return { element, state }
}

function belongTogether(first: Line | undefined, second: Line | undefined): boolean {
  if (!first || !second || first.mine !== second.mine || first.name !== second.name) return false
  return first.delivery !== 'failed' && second.at - first.at < GROUP_MS
}
