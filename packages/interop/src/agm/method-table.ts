import type { Restriction } from '@portcullis/visibility'
import type { Peer } from '../peers/peer.ts'
import type { JsonObject } from '../protocol/message.ts'
import { sharedMember, type SharedMember } from '../protocol/shared-member.ts'
import { mayUse } from './may-use.ts'

/** Chosen by the server. A number is not the string of its digits. */
export type MethodId = string | number

export interface Method {
  readonly id: MethodId
  readonly name: string
  /** As registered, with members that mean nothing to the gateway. */
  readonly definition: JsonObject
  /** The definition as JSON text. */
  readonly json: string
  readonly restriction: Restriction | undefined
  /** Whether other nodes know of it, and so may their peers call it. Follows the rules in force. */
  announced: boolean
}

/** The methods of one server. */
export interface MethodTable {
  readonly size: number
  /** Characters of all definitions as JSON. */
  readonly jsonLength: number
  /** Size of the patterns in their restrictions; a restriction that several methods share counts once. */
  readonly patternSize: number
  /** The restriction with this text that one of them has. */
  restriction(text: string): Restriction | undefined
  get(id: unknown): Method | undefined
  values(): IterableIterator<Method>
  /** Adds the method, or puts it in the place of the one with its id, which is returned. */
  put(method: Method): Method | undefined
  delete(id: MethodId): void
  /** What the peer may use, as the `methods` of a `methods-added`; undefined when that is nothing. */
  listFor(caller: Peer): SharedMember | undefined
  /** The ids of that, as the `methods` of a `methods-removed`. */
  idsFor(caller: Peer): SharedMember | undefined
}

export function createMethodTable(server: Peer): MethodTable {
  const methods = new Map<unknown, Method>()
  let jsonLength = 0
  let restricted = 0
  let patternSize = 0
  const restrictions = new Map<string, { readonly restriction: Restriction; uses: number }>()
  /** The lists of all methods and of their ids. Forgotten whenever one changes. */
  let all: SharedMember | undefined
  let allIds: SharedMember | undefined

  function changed(): void {
    all = undefined
    allIds = undefined
  }

  function forget(method: Method): void {
    changed()
    jsonLength -= method.json.length
    if (method.restriction === undefined) return
    restricted -= 1
    const { text } = method.restriction
    const known = restrictions.get(text)
    if (known === undefined) return
    known.uses -= 1
    if (known.uses > 0) return
    restrictions.delete(text)
    patternSize -= known.restriction.patternSize
  }

  function keep(restriction: Restriction): void {
    restricted += 1
    const known = restrictions.get(restriction.text)
    if (known !== undefined) {
      known.uses += 1
      return
    }
    restrictions.set(restriction.text, { restriction, uses: 1 })
    patternSize += restriction.patternSize
  }

  /** Whether the peer may use all of them. */
  function isOpenTo(caller: Peer): boolean {
    return restricted === 0 && (caller.local || !server.local)
  }

  function usable(caller: Peer): Method[] {
    return [...methods.values()].filter((method) => mayUse(caller, server, method))
  }

  return {
    get size() {
      return methods.size
    },
    get jsonLength() {
      return jsonLength
    },
    get patternSize() {
      return patternSize
    },
    restriction: (text) => restrictions.get(text)?.restriction,
    get: (id) => methods.get(id),
    values: () => methods.values(),
    put(method) {
      const replaced = methods.get(method.id)
      if (replaced !== undefined) forget(replaced)
      changed()
      jsonLength += method.json.length
      if (method.restriction !== undefined) keep(method.restriction)
      methods.set(method.id, method)
      return replaced
    },
    delete(id) {
      const method = methods.get(id)
      if (method === undefined) return
      forget(method)
      methods.delete(id)
    },
    listFor(caller) {
      if (methods.size === 0) return undefined
      if (!isOpenTo(caller)) return nonEmpty(usable(caller), methodList)
      all ??= methodList([...methods.values()])
      return all
    },
    idsFor(caller) {
      if (methods.size === 0) return undefined
      if (!isOpenTo(caller)) return nonEmpty(usable(caller), idList)
      allIds ??= idList([...methods.values()])
      return allIds
    },
  }
}

function nonEmpty(
  methods: readonly Method[],
  list: (methods: readonly Method[]) => SharedMember,
): SharedMember | undefined {
  return methods.length === 0 ? undefined : list(methods)
}

/** Their ids as the `methods` of a message. */
export function idList(methods: readonly Pick<Method, 'id'>[]): SharedMember {
  return sharedMember(
    'methods',
    methods.map(({ id }) => id),
  )
}

/** The methods as the `methods` of a message. Their definitions are not encoded again. */
export function methodList(methods: readonly Method[]): SharedMember {
  let value: JsonObject[] | undefined
  let json: string | undefined
  return {
    key: 'methods',
    get value() {
      value ??= methods.map(({ definition }) => definition)
      return value
    },
    get json() {
      json ??= `[${methods.map((method) => method.json).join(',')}]`
      return json
    },
  }
}
