import { z } from 'zod'
import { component, note } from '../document/schemas.ts'
import { pageOf } from '../http/common-schemas.ts'

/** Whether it stays on its node. */
export const visibility: z.ZodEnum<{ local: 'local'; cluster: 'cluster' }> = component(
  'Visibility',
  z.enum(['local', 'cluster']),
  { description: '`local` stays on its node, `cluster` is seen by the others' },
)

const peerSchema = component(
  'InteropPeer',
  z.object({
    id: z.string(),
    nodeId: z.string(),
    local: note(z.boolean(), 'Whether it is connected to the gateway that was asked'),
    user: z.string().nullable(),
    application: z.string().nullable(),
    instance: z.string().nullable(),
    service: z.boolean(),
    domains: z.array(z.object({ domain: z.string(), visibility })),
    methods: note(z.number(), 'How many it has registered'),
  }),
)

const methodSchema = component(
  'InteropMethod',
  z.object({
    id: z.union([z.string(), z.number()]),
    name: z.string(),
    stream: z.boolean(),
    restricted: z.boolean(),
    visibility,
    peerId: z.string(),
    nodeId: z.string(),
    user: z.string().nullable(),
    application: z.string().nullable(),
  }),
)

const contextSchema = component(
  'InteropContext',
  z.object({
    id: z.string(),
    name: z.string(),
    user: z.string().nullable(),
    lifetime: z.string(),
    visibility,
    hidden: z.boolean(),
    creatorId: z.string(),
    nodeId: z.string(),
    bytes: z.number(),
    members: z.number(),
  }),
)

/** What can be asked about interop, by the last part of the path. */
export const interopPages: Readonly<Record<'peers' | 'methods' | 'contexts', z.ZodType>> = {
  peers: pageOf('InteropPeerPage', peerSchema),
  methods: pageOf('InteropMethodPage', methodSchema),
  contexts: pageOf('InteropContextPage', contextSchema),
}
