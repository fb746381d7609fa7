import { byId, create } from '@portcullis/example-page/page'
import { ROOM_NAME } from '../chat/limits.ts'

const ROOMS_KEY = 'portcullis-chat-rooms'
const SUGGESTED = ['lobby', 'design', 'random']

/** The list of rooms. The current one is in the address, so that a link leads into it. */
export class RoomsView {
  readonly #list = byId('rooms', HTMLUListElement)
  readonly #form = byId('new-room', HTMLFormElement)
  readonly #input = byId('new-room-name', HTMLInputElement)
  readonly #rooms: Set<string>

  constructor(onChange: (room: string) => void) {
    this.#rooms = new Set([...SUGGESTED, ...(sessionStorage.getItem(ROOMS_KEY)?.split(' ') ?? [])])
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault()
      const name = toRoomName(this.#input.value)
      this.#input.value = ''
      if (ROOM_NAME.test(name)) location.hash = name
    })
    addEventListener('hashchange', () => {
      this.render()
      onChange(this.current)
    })
    this.render()
  }

  get current(): string {
    const name = location.hash.slice(1)
    return ROOM_NAME.test(name) ? name : 'lobby'
  }

  render(): void {
    const { current } = this
    this.#rooms.add(current)
    sessionStorage.setItem(ROOMS_KEY, [...this.#rooms].slice(-20).join(' '))
    const items = [...this.#rooms]
      .filter((room) => ROOM_NAME.test(room))
      .map((room) => createLink(room, current))
    this.#list.replaceChildren(...items)
    this.#list.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  }
}

/** What people type for a name, as one: `Team Lunch!` becomes `team-lunch`. */
function toRoomName(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 32)
    .replaceAll(/^-+|-+$/g, '')
}

function createLink(room: string, current: string): HTMLLIElement {
  const item = create('li')
  const link = create('a', '', room)
  link.href = `#${room}`
  if (room === current) link.setAttribute('aria-current', 'page')
  item.append(link)
  return item
}
