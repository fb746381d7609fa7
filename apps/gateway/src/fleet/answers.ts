import { deadLetterAnswers, type FleetAnswers, type VisibilityQuestion } from '@portcullis/fleet'
import type { InteropGateway } from '@portcullis/interop'
import type { Transport } from '@portcullis/transport'
import type { PeerDomain, Subject } from '@portcullis/visibility'
import type { Gateway } from '@portcullis/ws-gateway'

/** What control planes may ask this gateway. */
export function fleetAnswers(
  gateway: Pick<Gateway, 'closeSession'>,
  interop: Pick<InteropGateway, 'describe' | 'visibility'> | undefined,
  transport: Pick<Transport, 'deadLetters' | 'engine'>,
): FleetAnswers {
  return {
    'session.close': ({ sessionId, reason }) => ({ closed: gateway.closeSession(sessionId, reason) }),
    // On NATS control planes look for themselves: a gateway may not.
    ...(transport.engine === 'embedded' && deadLetterAnswers(transport.deadLetters)),
    ...(interop !== undefined && interopAnswers(interop)),
  }
}

function interopAnswers({
  describe,
  visibility,
}: Pick<InteropGateway, 'describe' | 'visibility'>): FleetAnswers {
  return {
    'interop.peers': (page) => describe('peers', page),
    'interop.methods': (page) => describe('methods', page),
    'interop.contexts': (page) => describe('contexts', page),
    'visibility.rules': () => {
      const { contexts, methods, peers, default: fallback } = visibility.current.rules
      return { contexts: [...contexts], methods: [...methods], peers: [...peers], default: fallback }
    },
    'visibility.explain': (question) => {
      const { verdict, because, rule, next, misses, text } = visibility.explain(subjectOf(question))
      return {
        decision: verdict,
        rule: rule?.index ?? null,
        because,
        path: rule?.path ?? null,
        next: next?.path ?? null,
        misses: [...misses],
        text,
      }
    },
  }
}

/** @throws TypeError for a domain that peers do not join */
function subjectOf({ kind, name, identity }: VisibilityQuestion): Subject {
  if (kind !== 'peer') return { kind, name, identity }
  if (!isPeerDomain(name)) throw new TypeError('"name" must be a domain of peers: interop, bus or context')
  return { kind, domain: name, identity }
}

function isPeerDomain(name: string): name is PeerDomain {
  return ['interop', 'agm', 'bus', 'context'].includes(name)
}
