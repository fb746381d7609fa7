import { afterEach } from 'vitest'

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()))
})

/** Closes it after the test. */
export function closing<T extends { close(): Promise<unknown> }>(one: T): T {
  closers.push(() => one.close())
  return one
}
