/** Freezes a JSON value throughout. Not recursive: how deep it nests is the sender's choice. */
export function deepFreeze<T extends object>(value: T): T {
  const left: object[] = [value]
  for (let one = left.pop(); one !== undefined; one = left.pop()) {
    Object.freeze(one)
    for (const inner of Object.values(one) as unknown[]) {
      if (typeof inner === 'object' && inner !== null && !Object.isFrozen(inner)) left.push(inner)
    }
  }
  return value
}
