import type { MemberRecord } from '@portcullis/registry/postgres'
import { z } from 'zod'
import { component, note } from '../document/schemas.ts'
import { nameSchema, pageOf, roleSchema } from '../http/common-schemas.ts'

/** Whom a membership is about. */
const subjectSchema = note(
  z
    .string()
    .max(300)
    .regex(/^(?:user|email|machine):[^\p{Cc}\p{Zl}\p{Zp}\p{Cs}]+$/u, 'must be user:…, email:… or machine:…'),
  '`user:<sub>` or `email:<address>` of somebody who signs in at the identity provider, or `machine:<clientId>`',
  'email:ann@example.com',
)

/** A member as it is shown. */
export const memberSchema: z.ZodType<Member> = component(
  'Member',
  z.object({ memberId: z.string(), subject: subjectSchema, role: roleSchema, name: z.string() }),
  {
    examples: [
      {
        memberId: '0193f7d2-6a3a-7000-8000-000000000001',
        subject: 'email:ann@example.com',
        role: 'admin',
        name: 'Ann',
      },
    ],
  },
)

/** A member as it is shown. */
export type Member = Pick<MemberRecord, 'memberId' | 'subject' | 'role' | 'name'>

export const memberPage: z.ZodType = pageOf('MemberPage', memberSchema)

/** A member to be made. */
export const newMemberSchema: z.ZodType<Pick<Member, 'subject' | 'role'> & { name?: string | undefined }> =
  component(
    'NewMember',
    z.strictObject({ subject: subjectSchema, role: roleSchema, name: nameSchema.optional() }),
    { examples: [{ subject: 'email:ann@example.com', role: 'admin', name: 'Ann' }] },
  )

/** What may change in a member. */
export const memberChangesSchema: z.ZodType<{
  role?: Member['role'] | undefined
  name?: string | undefined
}> = component(
  'MemberChanges',
  z.strictObject({ role: roleSchema.optional(), name: nameSchema.optional() }),
  {
    examples: [{ role: 'viewer' }],
  },
)

/** A record as it is shown. */
export function memberOf({ memberId, subject, role, name }: MemberRecord): Member {
  return { memberId, subject, role, name }
}
