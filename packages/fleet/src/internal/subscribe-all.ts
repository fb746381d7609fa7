import type { Subscription } from '@portcullis/transport'
import { FleetError } from '../errors.ts'

/**
 * All subscriptions or none: those that came about are closed again when one is refused.
 *
 * @throws FleetError `ERR_FLEET_UNAVAILABLE`
 */
export async function subscribeAll(attempts: readonly Promise<Subscription>[]): Promise<Subscription[]> {
  const settled = await Promise.allSettled(attempts)
  const made = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  const refused = settled.find((one) => one.status === 'rejected')
  if (!refused) return made
  await Promise.allSettled(made.map((subscription) => subscription.close()))
  throw new FleetError('ERR_FLEET_UNAVAILABLE', 'the engine refused to listen', { cause: refused.reason })
}
