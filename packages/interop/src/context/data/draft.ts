import { InteropError } from '../../errors.ts'
import { type Container, type Data, isContainer, memberOf, putMember } from './own-members.ts'
import { MAX_DEPTH, tooDeep, weigh, weighMember } from './weigh.ts'

/** Data in the course of one change: what is changed is copied first, and the weight is kept up to date. */
export interface Draft {
  readonly data: Data
  readonly weight: number
  reset(data: Data): void
  /** Sets a member of the data itself. */
  put(key: string, value: unknown): void
  /** Puts the members of one object over those of another; replaces what is no object. */
  merge(key: string, value: unknown): void
  remove(key: string): void
  /** Sets what a path leads to, and makes the objects on the way that are missing. */
  putPath(path: string, value: unknown): void
  /** Nothing happens where the path leads nowhere. */
  removePath(path: string): void
}

/** @param maxWeight beyond it the change is refused before a list is stretched to a far index */
export function createDraft(before: Data | null, weightBefore: number, maxWeight: number): Draft {
  let data: Data = { ...before }
  let weight = before === null ? 2 : weightBefore
  /** Copies made here, which may be changed. */
  const mine = new Set<Container>([data])

  function own<C extends Container>(container: C): C {
    if (mine.has(container)) return container
    const copy = copyOf(container) as C
    mine.add(copy)
    return copy
  }

  function put(into: Data, key: string, value: unknown, depth: number): void {
    weight += weighMember(key, value, depth)
    drop(into, key, false)
    putMember(into, key, value)
  }

  function drop(from: Data, key: string, remove = true): void {
    if (!Object.hasOwn(from, key)) return
    weight -= weighMember(key, from[key], 0)
    if (remove) delete from[key]
  }

  function putItem(list: unknown[], index: number, value: unknown, depth: number): void {
    weight += weigh(value, depth)
    if (index < list.length) {
      weight -= weigh(list[index])
    } else {
      weight += (index - list.length) * 5 + 1
      if (weight > maxWeight) throw tooLarge()
      while (list.length < index) list.push(null)
    }
    list[index] = value
  }

  /** Sets without weighing: a copy in place of what it copies. */
  function replace(into: Container, key: string, value: Container): void {
    if (Array.isArray(into)) into[Number(key)] = value
    else putMember(into, key, value)
  }

  function putPath(path: string, value: unknown): void {
    const keys = split(path)
    let at: Container = data
    for (const [position, key] of keys.slice(0, -1).entries()) {
      const found: unknown = Array.isArray(at) ? at[indexOf(key)] : memberOf(at, key)
      let next: Container
      if (isContainer(found)) {
        next = own(found)
        replace(at, key, next)
      } else {
        next = {}
        mine.add(next)
        if (Array.isArray(at)) putItem(at, indexOf(key), next, position + 1)
        else put(at, key, next, position + 1)
      }
      at = next
    }
    const last = keys.at(-1) ?? ''
    if (Array.isArray(at)) putItem(at, indexOf(last), value ?? null, keys.length)
    // Without a value the member is there for the client that set it, and absent in all that is written of it.
    else if (value === undefined) drop(at, last)
    else put(at, last, value, keys.length)
  }

  function removePath(path: string): void {
    const keys = split(path)
    const last = keys.at(-1) ?? ''
    let target: unknown = data
    for (const key of keys.slice(0, -1)) {
      if (typeof target === 'string') {
        target = ownOf(target, key)
        continue
      }
      if (!isContainer(target)) return
      target = Array.isArray(target) ? target[indexIn(key) ?? -1] : memberOf(target, key)
    }
    // A client fails halfway when it is to delete what no text or list gives up.
    if (typeof target === 'string' && ownOf(target, last) !== undefined) throw notAnIndex(last)
    if (!isContainer(target)) return
    if (Array.isArray(target)) {
      if (last === 'length') throw notAnIndex(last)
      const index = indexIn(last)
      if (index === undefined || index >= target.length) return
    } else if (!Object.hasOwn(target, last)) {
      return
    }
    let at: Container = data
    for (const key of keys.slice(0, -1)) {
      const next: Container = own((at as Data)[key] as Container)
      replace(at, key, next)
      at = next
    }
    if (Array.isArray(at)) putItem(at, Number(last), null, 0)
    else drop(at, last)
  }

  return {
    get data() {
      return data
    },
    get weight() {
      return weight
    },
    reset(next) {
      weight = weigh(next)
      data = { ...next }
      mine.clear()
      mine.add(data)
    },
    put: (key, value) => put(data, key, value, 1),
    merge(key, value) {
      const left = memberOf(data, key)
      const mergeable =
        isContainer(left) && !Array.isArray(left) && isContainer(value) && !Array.isArray(value)
      if (!mergeable) {
        put(data, key, value, 1)
        return
      }
      const merged = own(left)
      replace(data, key, merged)
      for (const name of Object.keys(value)) put(merged, name, value[name], 2)
    },
    remove: (key) => drop(data, key),
    putPath,
    removePath,
  }
}

function copyOf(container: Container): Container {
  return Array.isArray(container) ? container.slice() : { ...container }
}

export function tooLarge(): InteropError {
  return new InteropError(
    'ERR_INTEROP_LIMITS_EXCEEDED',
    'The maximum size of the data of a context has been reached',
  )
}

function split(path: string): string[] {
  const keys = path.split('.', MAX_DEPTH + 1)
  if (keys.length > MAX_DEPTH) throw tooDeep()
  return keys
}

/** What a text has under a key: a letter, or its length. */
function ownOf(text: string, key: string): unknown {
  if (key === 'length') return text.length
  const index = indexIn(key)
  return index === undefined ? undefined : text[index]
}

function indexIn(key: string): number | undefined {
  return /^(?:0|[1-9]\d{0,8})$/.test(key) ? Number(key) : undefined
}

function indexOf(key: string): number {
  const index = indexIn(key)
  if (index === undefined) throw notAnIndex(key)
  return index
}

function notAnIndex(key: string): InteropError {
  return new InteropError(
    'ERR_INTEROP_FAILURE',
    `A path leads to "${key.slice(0, 64)}" of a list or a text, where it cannot be changed`,
  )
}
