const KINDS: Readonly<Record<string, string>> = {
  user: 'Person',
  email: 'Person by e-mail',
  machine: 'Machine',
}

/** A subject such as `email:ann@example.com` in words. */
export function subjectText(subject: string): { kind: string; name: string } {
  const colon = subject.indexOf(':')
  const kind = KINDS[subject.slice(0, colon)]
  return kind === undefined ? { kind: '', name: subject } : { kind, name: subject.slice(colon + 1) }
}
