import type { IconName } from '../components/icon-names.ts'
import { segment } from '../api/segment.ts'

export interface Place {
  readonly href: string
  readonly title: string
  readonly icon: IconName
}

/** The address of a workspace, or of one of its pages. */
export function workspaceHref(workspaceId: string, ...parts: readonly string[]): string {
  return ['/workspaces', segment(workspaceId), ...parts.map(segment)].join('/')
}

/** The pages of a workspace. */
export function workspacePlaces(workspaceId: string): readonly Place[] {
  const at = (...parts: readonly string[]): string => workspaceHref(workspaceId, ...parts)
  return [
    { href: at(), title: 'Overview', icon: 'overview' },
    { href: at('projects'), title: 'Projects', icon: 'projects' },
    { href: at('sessions'), title: 'Live sessions', icon: 'sessions' },
    { href: at('dead-letters'), title: 'Dead letters', icon: 'letters' },
    { href: at('access'), title: 'Members and keys', icon: 'people' },
    { href: at('audit'), title: 'Audit log', icon: 'audit' },
    { href: at('settings'), title: 'Settings', icon: 'settings' },
  ]
}

/** What operators look after. */
export const OPERATOR_PLACES: readonly Place[] = [
  { href: '/operate/gateways', title: 'Gateways', icon: 'gateways' },
  { href: '/operate/visibility', title: 'Visibility', icon: 'visibility' },
  { href: '/operate/interop', title: 'Interop', icon: 'interop' },
  { href: '/operate/access', title: 'Operators', icon: 'key' },
  { href: '/operate/audit', title: 'All changes', icon: 'audit' },
]

/** Whether a page belongs to a place: its own, or one below it. */
export function isWithin(path: string, { href, title }: Place): boolean {
  return path === href || (title !== 'Overview' && path.startsWith(`${href}/`))
}
