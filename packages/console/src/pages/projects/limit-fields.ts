import type { ProjectLimits } from '../api/projects.ts'

/** Limits as they are typed; nothing is no limit. */
export type LimitFields = Record<keyof ProjectLimits, string>

export function toLimitFields(limits: ProjectLimits): LimitFields {
  const text = (value: number | undefined): string => (value === undefined ? '' : String(value))
  return {
    maxConnections: text(limits.maxConnections),
    messagesPerSecond: text(limits.messagesPerSecond),
    maxPayloadBytes: text(limits.maxPayloadBytes),
  }
}

export function toLimits(fields: LimitFields): ProjectLimits {
  const entries = Object.entries(fields).filter(([, text]) => text.trim() !== '')
  return Object.fromEntries(entries.map(([name, text]) => [name, Number(text)]))
}

export function isLimit(text: string): boolean {
  if (text.trim() === '') return true
  const value = Number(text)
  return /^\s*\d+\s*$/.test(text) && value >= 1 && value <= 1_000_000_000
}
