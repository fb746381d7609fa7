import type { ActorContext, ActorHandlers } from '@portcullis/worker'
import { ROOM_NAME } from './limits.ts'
import type { FromRoom, ProblemCode } from './messages.ts'
import { readMessage } from './read-message.ts'
import type { Delivery } from './room.ts'
import { Rooms } from './rooms.ts'

/**
 * Handlers of the actor type `room`, one actor id per room. State is in memory: a restarted worker has forgotten the
 * history and learns who is there from the pages, which announce themselves again and again.
 */
export function createRoomHandlers(now: () => number = Date.now): ActorHandlers {
  const rooms = new Rooms()
  return {
    async message(context, value) {
      const message = readMessage(value)
      if ('problem' in message) {
        await refuse(context, message.problem, message.message, message.ref)
        return
      }
      if (!ROOM_NAME.test(context.actorId)) {
        await refuse(context, 'invalid_room', 'a room name has 1 to 32 small letters, digits or dashes')
        return
      }
      const room = rooms.open(context.actorId, now())
      if (!room) {
        await refuse(context, 'too_many_rooms', 'there are too many rooms, try an existing one')
        return
      }
      await deliver(context, room.handle(context.sessionId, message, now(), context.attempt > 1))
    },

    async disconnect(context) {
      await deliver(context, rooms.find(context.actorId)?.leave(context.sessionId) ?? [])
    },
  }
}

async function deliver(context: ActorContext, deliveries: Delivery[]): Promise<void> {
  for (const { to, message } of deliveries) {
    // One after the other, so that everybody sees things in the order in which they happened.
    if (to.length > 0) await context.broadcast(to, message)
  }
}

async function refuse(
  context: ActorContext,
  code: ProblemCode,
  message: string,
  ref?: string,
): Promise<void> {
  const reply: FromRoom = { type: 'error', room: context.actorId, code, message, ...(ref ? { ref } : {}) }
  await context.reply(reply)
}
