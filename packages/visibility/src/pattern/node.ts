import type { CharSet } from './char-set.ts'

/** A Unicode property escape such as `\p{L}`, as written. */
export interface Property {
  readonly negated: boolean
  readonly name: string
}

/** A pattern as a tree. Groups, their names and laziness are gone: they say nothing about whether a whole value matches. */
export type Node =
  | { readonly type: 'set'; readonly set: CharSet; readonly class?: PropertyClass }
  | { readonly type: 'sequence'; readonly nodes: readonly Node[] }
  | { readonly type: 'choice'; readonly nodes: readonly Node[] }
  | { readonly type: 'repeat'; readonly node: Node; readonly min: number; readonly max: number }
  | { readonly type: 'assertion'; readonly kind: 'start' | 'end' | 'boundary' | 'no-boundary' }

/** A class whose members are `set` of its node and those properties, or everything but them. */
export interface PropertyClass {
  readonly negated: boolean
  readonly properties: readonly Property[]
}
