import { ClientError, createClient } from '@portcullis/client'
import { ROOM_NAME } from './chat/limits.ts'
import type { FromRoom, ToRoom } from './chat/messages.ts'
import { readMessage } from './chat/read-message.ts'

// A participant for the terminal: says one thing in a room, and leaves when the relay has it.
const [text = 'hello from the terminal', room = 'lobby'] = process.argv.slice(2)
const url = process.env['GATEWAY_URL'] ?? 'ws://localhost:4000/ws'

// What the room would refuse need not travel there first.
const message = readMessage({ type: 'say', text, name: (process.env['USER'] ?? 'Terminal').slice(0, 32) })
if ('problem' in message || !ROOM_NAME.test(room)) {
  const problem =
    'problem' in message ? message.message : 'a room name has 1 to 32 small letters, digits or dashes'
  console.error(`Could not say it: ${problem}`)
  process.exit(2)
}

const client = createClient<FromRoom>({ url, sendTimeoutMs: 10_000 })
try {
  await client.actor<ToRoom>('room', room).send(message)
  console.log(`Said in #${room}: ${text}`)
} catch (error) {
  // The reason why there was no connection says more than that the time is over.
  const reason = client.lastError ?? error
  console.error(`Could not say it: ${ClientError.is(reason) ? reason.message : String(reason)}`)
  process.exitCode = 1
}
await client.close()
