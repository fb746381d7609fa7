import { byId, create, paintAvatar } from '@portcullis/example-page/page'
import type { Participant } from '../chat/messages.ts'
import type { Roster } from './roster.ts'

/** Who is here: the list, the line under the room's name, and who is typing. */
export class PeopleView {
  readonly #list = byId('people', HTMLUListElement)
  readonly #count = byId('people-count', HTMLElement)
  readonly #summary = byId('room-people', HTMLElement)
  readonly #typing = byId('typing', HTMLElement)

  render(roster: Roster, you: string): void {
    // Oneself first.
    const people = roster.people.toSorted((a, b) => Number(b.id === you) - Number(a.id === you))
    this.#list.replaceChildren(...people.map((person) => createRow(person, person.id === you)))
    this.#count.textContent = people.length === 0 ? '' : String(people.length)
    this.#summary.textContent = summarise(people, you)
    this.renderTyping(roster)
  }

  renderTyping(roster: Roster): void {
    this.#typing.textContent = describeTyping(roster.typing(Date.now()))
  }
}

function createRow({ name }: Participant, isYou: boolean): HTMLLIElement {
  const row = create('li')
  const avatar = create('span', 'avatar')
  avatar.setAttribute('aria-hidden', 'true')
  paintAvatar(avatar, name)
  const label = create('span', 'name', name)
  if (isYou) label.append(create('span', 'you', ' (you)'))
  row.append(avatar, label)
  return row
}

function summarise(people: readonly Participant[], you: string): string {
  const others = people.filter(({ id }) => id !== you).map(({ name }) => name)
  if (people.length === 0) return ''
  if (others.length === 0) return 'Only you'
  const shown = others.slice(0, 3)
  const rest = others.length - shown.length
  return rest > 0 ? `You, ${shown.join(', ')} and ${rest} more` : `You and ${shown.join(', ')}`
}

function describeTyping(names: readonly string[]): string {
  if (names.length === 0) return ''
  if (names.length > 3) return 'Several people are typing'
  return `${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} typing`
}
