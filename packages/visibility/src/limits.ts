/** Longest name, exact string and identity value, in UTF-16 units. Whatever is longer is `local`. */
export const MAX_NAME_LENGTH = 256
/** Longest pattern, in UTF-16 units. */
export const MAX_PATTERN_LENGTH = 1024
/** Most rules in one list. */
export const MAX_RULES = 10_000
/** Most identity members in one rule. */
export const MAX_IDENTITY_MEMBERS = 32
/** Most different identity members that the rules of one list mention. */
export const MAX_LIST_MEMBERS = 64
/** Most decisions one policy remembers per list. */
export const MAX_CACHED_DECISIONS = 10_000
/** Most rules an explanation says about why they did not match. */
export const MAX_EXPLAINED_MISSES = 1000
