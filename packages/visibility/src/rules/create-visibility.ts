import { compileRules } from './compile-rules.ts'
import { diffChecked, type RuleChange } from './diff-rules.ts'
import type { VisibilityPolicy, VisibilityRules } from './types.ts'

/** Told of what changed, and of the policy now in force. */
export type ReloadListener = (changes: readonly RuleChange[], policy: VisibilityPolicy) => void

/** A policy that can be replaced while it is in use. */
export interface VisibilityControl {
  /** As the policy in force does. */
  decide: VisibilityPolicy['decide']
  /** As the policy in force does. */
  explain: VisibilityPolicy['explain']
  /** The policy in force. It does not change itself, so what holds on to it decides by one set of rules. */
  readonly current: VisibilityPolicy
  /**
   * Puts other rules into force and returns what changed. All or nothing: throws what `compileRules` throws, and then the
   * old rules stay in force. Rules that are the same change nothing and tell nobody.
   */
  reload(rules: unknown): RuleChange[]
  /**
   * Calls `listener` after each change, in order and before the `reload` that made it returns. What a listener throws
   * becomes an uncaught exception; the others are still called. A `reload` inside a listener is told of after it. Returns
   * what ends the calls.
   */
  onReload(listener: ReloadListener): () => void
}

/** Compiles rules as `compileRules` does, and allows to replace them. */
export function createVisibility(rules: VisibilityRules): VisibilityControl
/** The same for what is not known to be rules yet, such as parsed JSON. */
export function createVisibility(rules: unknown): VisibilityControl
export function createVisibility(rules: unknown): VisibilityControl {
  let current = compileRules(rules)
  const listeners = new Set<{ listener: ReloadListener }>()
  const untold: { changes: readonly RuleChange[]; policy: VisibilityPolicy }[] = []
  let telling = false

  const tell = (): void => {
    if (telling) return
    telling = true
    for (let news = untold.shift(); news !== undefined; news = untold.shift()) {
      for (const entry of [...listeners]) {
        if (!listeners.has(entry)) continue
        try {
          entry.listener(news.changes, news.policy)
        } catch (error) {
          queueMicrotask(() => {
            throw error
          })
        }
      }
    }
    telling = false
  }

  return {
    decide: (subject) => current.decide(subject),
    explain: (subject) => current.explain(subject),
    get current() {
      return current
    },
    reload(next) {
      const policy = compileRules(next)
      const changes = diffChecked(current.rules, policy.rules)
      if (changes.length === 0) return changes
      current = policy
      untold.push({ changes: [...changes], policy })
      tell()
      return changes
    },
    onReload(listener) {
      if (typeof listener !== 'function') throw new TypeError('"listener" must be a function')
      const entry = { listener }
      listeners.add(entry)
      return () => {
        listeners.delete(entry)
      }
    },
  }
}
