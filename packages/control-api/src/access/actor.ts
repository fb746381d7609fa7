import { createHash } from 'node:crypto'

const MAX_ACTOR_LENGTH = 256

/** A subject as the audit log takes it: one that is too long is told by its digest. */
export function actorOf(subject: string): string {
  if (subject.length <= MAX_ACTOR_LENGTH && !subject.includes('\0')) return subject
  const [kind = 'user'] = subject.split(':', 1)
  return `${kind}:sha256:${createHash('sha256').update(subject).digest('base64url')}`
}
