import type { DomainName } from './message.ts'

const NAMES: readonly unknown[] = ['agm', 'bus', 'context', 'metrics'] satisfies DomainName[]

export function isDomainName(value: unknown): value is DomainName {
  return NAMES.includes(value)
}
