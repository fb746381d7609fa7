import type { IOConnectCore } from '@interopio/core'
import { deskOf } from './connect.ts'
import { type Place, timeIn } from './places.ts'

type Instance = IOConnectCore.Interop.Instance

const RAISE_HAND = 'Desk.RaiseHand'
const TIME = 'Desk.Time'

const CALL = { methodResponseTimeoutMs: 5000, waitTimeoutMs: 2000 }

/** What the windows of a user can ask of each other. */
export class DeskCalls {
  readonly #io: IOConnectCore.API

  constructor(io: IOConnectCore.API) {
    this.#io = io
  }

  /** Registers the methods of this window. `onHand` learns who raised one. */
  async offer(place: Place, onHand: (desk: string, peerId: string) => void): Promise<void> {
    const { interop, metrics } = this.#io
    // A number like this is for whoever runs the gateway: it stands at its /metrics.
    const seen = metrics.subSystem('desk').numberMetric('hands seen', 0)
    let hands = 0
    await interop.register(
      { name: RAISE_HAND, displayName: 'Raise a hand', returns: 'String seenAt' },
      (_args: unknown, caller: Instance) => {
        hands += 1
        void seen.update(hands)
        onHand(deskOf(caller), caller.peerId ?? '')
        return { seenAt: place.city }
      },
    )
    await interop.register(
      { name: TIME, displayName: 'What time is it there?', returns: 'String time, String zone' },
      () => ({ time: timeIn(place, new Date()), zone: place.zone }),
    )
  }

  /** Raises a hand in one other window, or in all of them. Returns the desks that saw it. */
  async raiseHand(target: Instance | 'skipMine'): Promise<string[]> {
    const result = await this.#io.interop.invoke<{ seenAt?: unknown }>(RAISE_HAND, {}, target, CALL)
    const answers = result.all_return_values ?? [result]
    return answers.map(({ returned }) => String(returned?.seenAt))
  }

  /** What the clock on the wall says in another window's city. */
  async askTime(target: Instance): Promise<string> {
    const { returned } = await this.#io.interop.invoke<{ time?: unknown }>(TIME, {}, target, CALL)
    return String(returned?.time)
  }
}

/** What went wrong with a call, in a few words. The client rejects with objects that are no errors. */
export function reasonOf(error: unknown): string {
  if (typeof error === 'string') return error
  const { message } = (error ?? {}) as { message?: unknown }
  return typeof message === 'string' ? message : 'it did not answer'
}
