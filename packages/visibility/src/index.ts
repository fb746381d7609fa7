export { RestrictionError, VISIBILITY_ERRORS, VisibilityError } from './errors.ts'
export type { VisibilityErrorCode, VisibilityErrorOptions } from './errors.ts'
export {
  MAX_CACHED_DECISIONS,
  MAX_EXPLAINED_MISSES,
  MAX_IDENTITY_MEMBERS,
  MAX_LIST_MEMBERS,
  MAX_NAME_LENGTH,
  MAX_PATTERN_LENGTH,
  MAX_RULES,
} from './limits.ts'
export { compileRestriction } from './restriction/compile-restriction.ts'
export type { Restriction, RestrictionLimits } from './restriction/compile-restriction.ts'
export { compileRules } from './rules/compile-rules.ts'
export { createVisibility } from './rules/create-visibility.ts'
export type { ReloadListener, VisibilityControl } from './rules/create-visibility.ts'
export { diffRules } from './rules/diff-rules.ts'
export type {
  DefaultChanged,
  RuleAdded,
  RuleChange,
  RuleChanged,
  RuleMoved,
  RuleRemoved,
} from './rules/diff-rules.ts'
export type {
  ContextRule,
  ExplainedRule,
  Explanation,
  Identity,
  IdentityMatcher,
  MatchedHow,
  Matcher,
  MethodRule,
  NormalisedRule,
  NormalisedRules,
  PeerDomain,
  PeerRule,
  RuleListName,
  Subject,
  Visibility,
  VisibilityPolicy,
  VisibilityRules,
} from './rules/types.ts'
