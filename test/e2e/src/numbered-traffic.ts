import { type Client, createClient } from '@portcullis/client'
import { type ProjectName, SCOPES, type System } from './system.ts'
import { mintToken } from './tokens.ts'

interface Reply {
  n: number
  actorId: string
  project: string
}

/** One session that sends numbered frames to an actor id of its own and keeps what comes back. */
export interface NumberedSession {
  client: Client<Reply>
  project: ProjectName
  actorId: string
  replies: Reply[]
  /** Frames acknowledged. */
  acked: number
}

/** Opens sessions, spread over the gateways and both projects. */
export async function openSessions(system: System, count: number): Promise<NumberedSession[]> {
  const sessions = Array.from({ length: count }, (_, index): NumberedSession => {
    const project = index % 4 < 2 ? 'one' : 'two'
    const client = createClient<Reply>({
      url: system.url(index % system.gateways.length, project),
      getToken: () => (project === 'one' ? mintToken({ subject: `user-${index}` }) : null),
      sendTimeoutMs: 120_000,
    })
    const session: NumberedSession = { client, project, actorId: `id-${index}`, replies: [], acked: 0 }
    client.on('message', (reply) => session.replies.push(reply))
    return session
  })
  await Promise.all(sessions.map(({ client }) => client.ready))
  return sessions
}

/** Sends `frames` numbered frames on each session, a few at a time, and resolves when all are acknowledged. */
export async function sendNumbered(sessions: NumberedSession[], frames: number, paceMs = 0): Promise<void> {
  await Promise.all(
    sessions.map(async (session) => {
      const room = session.client.actor<{ n: number }>('counter', session.actorId)
      const batch = 10
      for (let n = 0; n < frames; n += batch) {
        const numbers = Array.from({ length: Math.min(batch, frames - n) }, (_, offset) => n + offset)
        await Promise.all(numbers.map((number) => room.send({ n: number }).then(() => (session.acked += 1))))
        if (paceMs > 0) await new Promise((resolve) => setTimeout(resolve, paceMs))
      }
    }),
  )
}

/** Resolves when every session has so many replies; rejects, with the counts, after a while. */
export async function awaitReplies(
  sessions: NumberedSession[],
  frames: number,
  timeoutMs: number,
): Promise<void> {
  const deadline = Date.now() + timeoutMs
  for (const session of sessions) {
    while (session.replies.length < frames) {
      if (Date.now() > deadline) {
        const counts = sessions.map(({ replies }) => replies.length)
        throw new Error(
          `waited for ${frames} replies each, have ${Math.min(...counts)} to ${Math.max(...counts)}`,
        )
      }
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}

/**
 * Sends frame `n` on each session and resolves when it is answered. It comes last per actor id, so a repetition of an
 * earlier answer has arrived by then as well.
 */
export async function sendLast(sessions: NumberedSession[], n: number, timeoutMs: number): Promise<void> {
  await Promise.all(sessions.map(({ client, actorId }) => client.actor('counter', actorId).send({ n })))
  const isAnswered = (session: NumberedSession): boolean => session.replies.some((reply) => reply.n === n)
  for (const deadline = Date.now() + timeoutMs; !sessions.every(isAnswered);) {
    if (Date.now() > deadline) throw new Error('the last frame was not answered')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** What went wrong, over all sessions. */
export function tally(sessions: NumberedSession[], frames: number): Record<string, number> {
  const result = { lost: 0, doubled: 0, disordered: 0, foreign: 0 }
  for (const { replies, actorId, project } of sessions) {
    const numbers = replies.map(({ n }) => n)
    result.lost += frames - new Set(numbers).size
    result.doubled += numbers.length - new Set(numbers).size
    result.disordered += numbers.filter((n, index) => index > 0 && n < (numbers[index - 1] ?? 0)).length
    result.foreign += replies.filter(
      (reply) => reply.actorId !== actorId || reply.project !== SCOPES[project].projectId,
    ).length
  }
  return result
}
