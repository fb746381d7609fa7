import type { z } from 'zod'

/** One line for one problem: its JSON path and what is wrong, never the value. */
export function describeIssue(issue: z.core.$ZodIssue): string {
  const path = issue.path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
  return `$${path} ${issue.message.charAt(0).toLowerCase()}${issue.message.slice(1)}`
}
