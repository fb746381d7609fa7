import { z } from 'zod'
import { count, id, text, version } from '../wire/schemas.ts'
import type { FleetChange } from './fleet-change.ts'

const MAX_HOSTS = 10_000
const hosts = z.array(text(255)).max(MAX_HOSTS)

export const changeSchema: z.ZodType<FleetChange> = z.object({
  sequence: z.int().positive(),
  workspaceId: id,
  projectId: id.nullable(),
  kind: z.enum(['admission', 'hosts', 'user', 'limits', 'deleted']),
  hosts,
  addedHosts: hosts,
  userId: z.string().max(65_536).nullable(),
})

/** Names one database: positions in different logs have nothing to do with each other. */
const log = id

/** What control planes say about changes. */
export type ChangesFrame =
  /** The last change there is. */
  | { kind: 'beat'; from: string; log: string; latest: number }
  /** All changes behind `after`, up to `through`. */
  | { kind: 'changes'; from: string; log: string; after: number; through: number; changes: FleetChange[] }
  /** What happened behind `after` cannot be told any more. */
  | { kind: 'unknown'; from: string; log: string; after: number; latest: number }

const head = { v: version, from: id, log }

export const changesFrameSchema: z.ZodType<ChangesFrame> = z.discriminatedUnion('kind', [
  z.object({ ...head, kind: z.literal('beat'), latest: count }),
  z
    .object({
      ...head,
      kind: z.literal('changes'),
      after: count,
      through: count,
      changes: z.array(changeSchema).max(10_000),
    })
    .refine(({ after, through, changes }) =>
      changes.every(({ sequence }) => sequence > after && sequence <= through),
    ),
  z.object({ ...head, kind: z.literal('unknown'), after: count, latest: count }),
])
