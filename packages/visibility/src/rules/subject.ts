import type { Identity, RuleListName, Subject } from './types.ts'

/** A subject as one list sees it. */
export interface Question {
  readonly list: RuleListName
  readonly name: string
  readonly identity: Identity | null | undefined
}

/** Finds the list that decides about a subject. Throws a `TypeError` that names what is wrong with the subject. */
export function questionOf(subject: Subject): Question {
  switch (subject.kind) {
    case 'context':
    case 'method':
      if (typeof subject.name !== 'string') throw new TypeError('"subject.name" must be a string')
      return {
        list: subject.kind === 'context' ? 'contexts' : 'methods',
        name: subject.name,
        identity: identityOf(subject),
      }
    case 'peer':
      switch (subject.domain) {
        case 'interop':
        case 'agm':
          return { list: 'peers', name: 'interop', identity: identityOf(subject) }
        case 'bus':
        case 'context':
          return { list: 'peers', name: subject.domain, identity: identityOf(subject) }
        default:
          throw new TypeError('"subject.domain" must be "interop", "agm", "bus" or "context"')
      }
    default:
      throw new TypeError('"subject.kind" must be "context", "method" or "peer"')
  }
}

function identityOf({ identity }: Subject): Identity | null | undefined {
  if (identity !== null && identity !== undefined && typeof identity !== 'object') {
    throw new TypeError('"subject.identity" must be an object')
  }
  return identity
}
