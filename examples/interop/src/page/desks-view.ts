import type { IOConnectCore } from '@interopio/core'
import { arrange, byId, create, paintAvatar } from '@portcullis/example-page/page'
import { deskOf } from './connect.ts'
import { CLOCK, HAND, icon } from './icons.ts'

type Instance = IOConnectCore.Interop.Instance

export interface DesksActions {
  onRaiseHand: (desk: Instance | 'skipMine') => void
  onAskTime: (desk: Instance) => void
}

const HAND_MS = 6000

interface Row {
  element: HTMLLIElement
  answer: HTMLElement
}

/** The other windows of the user, each with what can be asked of it. */
export class DesksView {
  readonly #list = byId('desks', HTMLUListElement)
  readonly #count = byId('desks-count', HTMLElement)
  readonly #alone = byId('alone', HTMLElement)
  readonly #all = byId('raise-all', HTMLButtonElement)
  readonly #actions: DesksActions
  /** By peer id. */
  #rows = new Map<string, Row>()

  constructor(actions: DesksActions) {
    this.#actions = actions
    this.#all.addEventListener('click', () => actions.onRaiseHand('skipMine'))
  }

  render(others: readonly Instance[]): void {
    const rows = new Map(
      others.map((desk) => {
        const peerId = desk.peerId ?? ''
        return [peerId, this.#rows.get(peerId) ?? this.#createRow(desk)]
      }),
    )
    this.#rows = rows
    arrange(
      this.#list,
      [...rows.values()].map(({ element }) => element),
    )
    this.#alone.hidden = rows.size > 0
    this.#all.hidden = rows.size < 2
    this.#count.textContent = rows.size === 0 ? '' : String(rows.size + 1)
  }

  /** A hand is up in that window, for a while. */
  showHand(peerId: string): void {
    const element = this.#rows.get(peerId)?.element
    if (element === undefined) return
    element.dataset['hand'] = 'up'
    setTimeout(() => delete element.dataset['hand'], HAND_MS)
  }

  showAnswer(peerId: string, text: string): void {
    const row = this.#rows.get(peerId)
    if (row) row.answer.textContent = text
  }

  #createRow(desk: Instance): Row {
    const name = deskOf(desk)
    const element = create('li')
    const avatar = create('span', 'avatar')
    avatar.setAttribute('aria-hidden', 'true')
    paintAvatar(avatar, name)
    const hand = create('span', 'hand')
    hand.append(icon(HAND))
    avatar.append(hand)
    const label = create('span', 'name')
    const answer = create('small', '', 'connected')
    label.append(create('strong', '', name), answer)
    element.append(
      avatar,
      label,
      action(CLOCK, `Ask ${name} for the time`, () => this.#actions.onAskTime(desk)),
      action(HAND, `Raise your hand in ${name}`, () => this.#actions.onRaiseHand(desk)),
    )
    return { element, answer }
  }
}

function action(path: string, label: string, onClick: () => void): HTMLButtonElement {
  const button = create('button', 'round')
  button.append(icon(path))
  button.type = 'button'
  button.title = label
  button.setAttribute('aria-label', label)
  button.addEventListener('click', onClick)
  return button
}
