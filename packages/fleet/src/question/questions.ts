/** Why a worker gave up, and on what. */
export interface DeadLetterSummary {
  id: string
  workspaceId: string
  projectId: string
  actor: string
  /** Null when the stored envelope cannot be read. */
  actorId: string | null
  sessionId: string | null
  userId: string | null
  reason: { code: string; message: string }
  /** Deliveries made. */
  attempts: number
  failedAtMs: number
  /** Size of the original envelope. */
  payloadBytes: number
  /** Whether all of it was kept: only then can it be replayed. */
  isWhole: boolean
}

/** A dead letter with what the client sent. */
export interface DeadLetterDetail extends DeadLetterSummary {
  /** The client's frame, any JSON; null when the envelope cannot be read. */
  message: unknown
}

/** A page of a list; `next` goes into `after` for the following one. */
export interface FleetPage<Item> {
  items: Item[]
  next: string | null
}

export interface FleetPageRequest {
  after?: string | undefined
  limit?: number | undefined
}

/** One dead letter of a workspace, or of one of its projects. */
export interface DeadLetterRequest {
  workspaceId: string
  projectId?: string | undefined
  id: string
}

export interface InteropPeer {
  id: string
  nodeId: string
  local: boolean
  user: string | null
  application: string | null
  instance: string | null
  service: boolean
  domains: { domain: string; visibility: 'local' | 'cluster' }[]
  methods: number
}

export interface InteropMethod {
  id: string | number
  name: string
  stream: boolean
  restricted: boolean
  visibility: 'local' | 'cluster'
  peerId: string
  nodeId: string
  user: string | null
  application: string | null
}

export interface InteropContext {
  id: string
  name: string
  user: string | null
  lifetime: string
  visibility: 'local' | 'cluster'
  hidden: boolean
  creatorId: string
  nodeId: string
  bytes: number
  members: number
}

/** A rule of a list; which of the names it has depends on the list. Patterns stand as `/…/flags`. */
export interface VisibilityRuleView {
  context?: string | undefined
  method?: string | undefined
  domain?: string | undefined
  restrictions: 'local' | 'cluster'
  identity?: Record<string, string> | undefined
}

/** The visibility rules in force, as `policy.rules` of `@portcullis/visibility`. */
export interface VisibilityRulesView {
  contexts: VisibilityRuleView[]
  methods: VisibilityRuleView[]
  peers: VisibilityRuleView[]
  default: 'local' | 'cluster'
}

export interface VisibilityQuestion {
  kind: 'context' | 'method' | 'peer'
  /** Of a context or a method; of a peer the domain. */
  name: string
  identity: Record<string, string | number>
}

/** What `explain` of `@portcullis/visibility` says. */
export interface VisibilityVerdict {
  decision: 'local' | 'cluster'
  /** Place of the deciding rule in its list; null when none matches. */
  rule: number | null
  because: 'rule' | 'default' | 'too-long'
  /** `contexts[2]`; null when none matches. */
  path: string | null
  /** What would decide without that rule. */
  next: string | null
  misses: { path: string; why: string }[]
  text: string
}

/** What a control plane can ask a gateway. Validated on both sides. */
export interface FleetQuestions {
  'session.close': {
    question: { sessionId: string; reason?: string | undefined }
    answer: { closed: boolean }
  }
  'dead-letters.list': {
    question: FleetPageRequest & { workspaceId: string; projectId?: string | undefined }
    answer: FleetPage<DeadLetterSummary>
  }
  'dead-letters.get': { question: DeadLetterRequest; answer: { item: DeadLetterDetail | null } }
  /** At least once: the dead letter goes after its message is stored again. */
  'dead-letters.replay': {
    question: DeadLetterRequest
    answer: { replayed: boolean; reason?: 'unknown' | 'incomplete' | undefined }
  }
  'dead-letters.drop': { question: DeadLetterRequest; answer: { dropped: boolean } }
  'interop.peers': { question: FleetPageRequest; answer: FleetPage<InteropPeer> }
  'interop.methods': { question: FleetPageRequest; answer: FleetPage<InteropMethod> }
  'interop.contexts': { question: FleetPageRequest; answer: FleetPage<InteropContext> }
  'visibility.rules': { question: Record<string, never>; answer: VisibilityRulesView }
  'visibility.explain': { question: VisibilityQuestion; answer: VisibilityVerdict }
}

export type FleetQuestion = keyof FleetQuestions

/**
 * The functions that answer. What is left out is not answered. A `TypeError` that begins with the name of a member in double quotes
 * tells who asks of a mistake; of anything else that is thrown they hear that it failed.
 */
export type FleetAnswers = {
  [Q in FleetQuestion]?:
    | ((
        question: FleetQuestions[Q]['question'],
      ) => Promise<FleetQuestions[Q]['answer']> | FleetQuestions[Q]['answer'])
    | undefined
}
