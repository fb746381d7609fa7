import { createClient } from '@portcullis/client'
import { byId, fetchConfig, reloadFromCache } from '@portcullis/example-page/page'
import type { FromRoom } from '../chat/messages.ts'
import { Composer } from './composer.ts'
import { loadIdentity } from './identity.ts'
import { MessagesView } from './messages-view.ts'
import { PeopleView } from './people-view.ts'
import { showProfile } from './show-profile.ts'
import { RoomSession } from './room-session.ts'
import { RoomsView } from './rooms-view.ts'
import { StatusView } from './status-view.ts'

// Typing fades without an event.
const REFRESH_MS = 1000

const { gatewayUrl, consoleUrl } = await fetchConfig()
const identity = loadIdentity()
const client = createClient<FromRoom>({ url: gatewayUrl, reconnectCapMs: 5000 })

const status = new StatusView()
const people = new PeopleView()
const messages = new MessagesView((line) => session.say(line.text, line.key))
const composer = new Composer({
  onSay: (text) => session.say(text),
  onTyping: (on) => session.setTyping(on),
})
const rooms = new RoomsView((room) => {
  session.leave()
  session = enter(room)
})
if (consoleUrl !== undefined) {
  const link = byId('console', HTMLAnchorElement)
  link.href = consoleUrl
  link.hidden = false
}
showProfile(identity, () => session.announce())

function enter(room: string): RoomSession {
  byId('room-name', HTMLElement).textContent = room
  document.title = `#${room} · Portcullis chat`
  byId('another-tab', HTMLAnchorElement).href = `./#${room}`
  composer.setRoom(room)
  return new RoomSession({
    client,
    room,
    identity,
    onChange: render,
    onProblem: (message) => status.notify(message),
  })
}

function render(): void {
  messages.render(session.conversation.lines)
  people.render(session.roster, session.you)
}

let session = enter(rooms.current)
status.watch(client, gatewayUrl)
render()
setInterval(() => people.renderTyping(session.roster), REFRESH_MS)
// Others learn at once, and not when the gateway has noticed.
addEventListener('pagehide', () => void client.close())
reloadFromCache()
