import type { VisibilityQuestion, VisibilityVerdict } from '@portcullis/fleet'
import { z } from 'zod'
import { component, note } from '../document/schemas.ts'
import { visibility } from '../interop/interop-schemas.ts'

const ruleSchema = component(
  'VisibilityRule',
  z.object({
    context: z.string().optional(),
    method: z.string().optional(),
    domain: z.string().optional(),
    restrictions: visibility,
    identity: z.record(z.string(), z.string()).optional(),
  }),
  { description: 'Patterns stand as `/…/flags`' },
)

/** The rules in force. */
export const rulesSchema: z.ZodType = component(
  'VisibilityRules',
  z.object({
    contexts: z.array(ruleSchema),
    methods: z.array(ruleSchema),
    peers: z.array(ruleSchema),
    default: note(visibility, 'For whatever no rule matches'),
  }),
)

/** What is asked about. */
export const explainRequestSchema: z.ZodType<VisibilityQuestion> = component(
  'VisibilityQuestion',
  z.strictObject({
    kind: z.enum(['context', 'method', 'peer']),
    name: note(z.string().max(1000), 'Of a context or a method; of a peer the domain', 'T42.Notify'),
    identity: note(
      z.record(z.string().max(256), z.union([z.string().max(1000), z.number()])).default({}),
      'Of its owner',
      { application: 'Outlook' },
    ),
  }),
  { examples: [{ kind: 'method', name: 'T42.Notify', identity: { application: 'Outlook' } }] },
) as never

/** Which rule decides. */
export const verdictSchema: z.ZodType<VisibilityVerdict> = component(
  'VisibilityVerdict',
  z.object({
    decision: visibility,
    rule: note(z.number().nullable(), 'Place of the deciding rule in its list; null when none matches'),
    because: z.enum(['rule', 'default', 'too-long']),
    path: note(z.string().nullable(), 'The deciding rule', 'methods[1]'),
    next: note(z.string().nullable(), 'What would decide without that rule'),
    misses: note(
      z.array(z.object({ path: z.string(), why: z.string() })),
      'Why the rules before did not match',
    ),
    text: note(z.string(), 'The same in one sentence'),
  }),
)
