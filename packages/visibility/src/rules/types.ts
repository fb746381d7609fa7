/** `local`: stays on this node. `cluster`: other nodes may see it. */
export type Visibility = 'local' | 'cluster'

/**
 * What a name or an identity member is compared with, always as a whole. A `RegExp`, or a string: `/…/flags` and `#…` are
 * patterns, anything else is compared exactly. Flags `i`, `m`, `s` and `u` count; `d`, `g` and `y` change nothing about a
 * match of the whole value and are ignored; `v` is refused.
 */
export type Matcher = string | RegExp

/** Members of an identity that all have to match. A member the subject does not have itself never matches. */
export type IdentityMatcher = Readonly<Record<string, Matcher>>

/** What an identity is read from: own members only, strings and finite numbers. */
export type Identity = Readonly<Record<string, unknown>>

/** Decides for contexts by name and by the identity of their creator. */
export interface ContextRule {
  /** Absent: any name. */
  context?: Matcher | undefined
  restrictions: Visibility
  identity?: IdentityMatcher | undefined
}

/** Decides for methods and streams by name and by the identity of the peer that registers them. */
export interface MethodRule {
  /** Absent: any name. */
  method?: Matcher | undefined
  restrictions: Visibility
  identity?: IdentityMatcher | undefined
}

/** A domain of peers. `agm` is another name of `interop`. */
export type PeerDomain = 'interop' | 'agm' | 'bus' | 'context'

/** Decides for peers by domain and identity. A rule for `context` has no effect: contexts have rules of their own. */
export interface PeerRule {
  /** Absent: `interop` and `bus`. */
  domain?: PeerDomain | undefined
  restrictions: Visibility
  identity?: IdentityMatcher | undefined
}

/** Three ordered lists; in each the first rule that matches decides. */
export interface VisibilityRules {
  contexts?: readonly ContextRule[] | undefined
  methods?: readonly MethodRule[] | undefined
  peers?: readonly PeerRule[] | undefined
  /** For whatever no rule matches. @defaultValue `'local'` */
  default?: Visibility | undefined
}

/** The name of one of the lists. */
export type RuleListName = 'contexts' | 'methods' | 'peers'

/** Rules as compiled: every list and the default there, every pattern as `/…/flags`; survives `JSON.stringify`. */
export interface NormalisedRules {
  readonly contexts: readonly NormalisedRule[]
  readonly methods: readonly NormalisedRule[]
  readonly peers: readonly NormalisedRule[]
  readonly default: Visibility
}

/** One rule of {@link NormalisedRules}; which of the names it has depends on its list. */
export interface NormalisedRule {
  readonly context?: string
  readonly method?: string
  readonly domain?: PeerDomain
  readonly restrictions: Visibility
  readonly identity?: Readonly<Record<string, string>>
}

/** What is asked about: a context or method with the identity of its owner, or a peer in a domain. */
export type Subject =
  | {
      readonly kind: 'context' | 'method'
      readonly name: string
      readonly identity?: Identity | null | undefined
    }
  | { readonly kind: 'peer'; readonly domain: PeerDomain; readonly identity?: Identity | null | undefined }

/** How a value was found to match: nothing demanded, the same string, or a pattern. */
export type MatchedHow = 'any' | 'exact' | 'pattern'

/** A rule and where it stands. */
export interface ExplainedRule {
  readonly list: RuleListName
  readonly index: number
  /** `contexts[2]` */
  readonly path: string
  readonly rule: NormalisedRule
}

/** Why a verdict is what it is. Never carries the subject's values, only names of members and the rules' own text. */
export interface Explanation {
  readonly verdict: Visibility
  /** `too-long`: a name or a demanded identity member is past {@link MAX_NAME_LENGTH}, which answers `local`. */
  readonly because: 'rule' | 'default' | 'too-long'
  /** The rule that decided. */
  readonly rule?: ExplainedRule
  /** How the deciding rule's name matched, and each of its identity members. */
  readonly matched?: { readonly name: MatchedHow; readonly identity: Readonly<Record<string, MatchedHow>> }
  /** What would decide without the deciding rule; absent: the default would. */
  readonly next?: ExplainedRule
  /** Why each rule before the deciding one, or every rule, did not match; the first {@link MAX_EXPLAINED_MISSES}. */
  readonly misses: readonly { readonly path: string; readonly why: string }[]
  /** The same in one sentence. */
  readonly text: string
}

/** Compiled rules. */
export interface VisibilityPolicy {
  /** The verdict. Remembered per name and the identity members that rules mention, in a bounded cache. */
  decide(subject: Subject): Visibility
  /** The verdict and where it comes from, found without the index and the cache that `decide` uses. */
  explain(subject: Subject): Explanation
  readonly rules: NormalisedRules
}
