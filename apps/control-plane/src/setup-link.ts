import type { ManagedStore } from '@portcullis/registry/postgres'

/**
 * Says how the first operator comes in, while there is none. The token stands in the fragment, which no server is sent and no access
 * log has; it goes to whoever reads the console of the process, and not to the log.
 *
 * @param say - writes a line
 */
export async function sayHowToSetUp(
  store: Pick<ManagedStore, 'setup'>,
  publicUrl: string,
  say: (text: string) => void,
): Promise<void> {
  const token = await store.setup.issue()
  if (token === null) return
  const link = `${publicUrl.replace(/\/$/, '')}/setup#${token}`
  say(
    `\nNobody operates this control plane yet. To become the first operator, open within an hour, once:\n\n  ${link}\n\n`,
  )
}
