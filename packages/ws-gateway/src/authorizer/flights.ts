import { GatewayError } from '../errors.ts'

interface Flight<Result> {
  waiters: number
  readonly controller: AbortController
  readonly result: Promise<Result>
}

/** Work that several wait for and that is done once. */
export class Flights<Result> {
  readonly #max: number
  readonly #flights = new Map<string, Flight<Result>>()

  /** @param max most pieces of work at a time */
  constructor(max: number) {
    this.#max = max
  }

  get size(): number {
    return this.#flights.size
  }

  /**
   * Joins the work under way for a key, or begins it. It is interrupted when the last who waits for it has left.
   *
   * @param signal of the one who waits
   * @throws what the work throws; GatewayError `control_plane_unavailable` when there is too much of it, or when the one
   *   who waits has left
   */
  join(key: string, signal: AbortSignal, work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(leftEarly(signal))
        return
      }
      const flight = this.#flights.get(key) ?? this.#begin(key, work)
      flight.waiters += 1
      const leave = (): void => {
        flight.waiters -= 1
        if (flight.waiters === 0) {
          // Whoever comes next does not wait for what was interrupted.
          this.#end(key, flight)
          flight.controller.abort()
        }
        reject(leftEarly(signal))
      }
      signal.addEventListener('abort', leave, { once: true })
      const stay = (): void => signal.removeEventListener('abort', leave)
      flight.result.then(
        (result) => {
          stay()
          resolve(result)
        },
        (error: unknown) => {
          stay()
          reject(error)
        },
      )
    })
  }

  #begin(key: string, work: (signal: AbortSignal) => Promise<Result>): Flight<Result> {
    if (this.#flights.size >= this.#max) {
      throw new GatewayError('control_plane_unavailable', 'too many wait for the control plane')
    }
    const controller = new AbortController()
    const flight: Flight<Result> = { waiters: 0, controller, result: work(controller.signal) }
    this.#flights.set(key, flight)
    const end = (): void => this.#end(key, flight)
    flight.result.then(end, end)
    return flight
  }

  #end(key: string, flight: Flight<Result>): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key)
  }
}

function leftEarly(signal: AbortSignal): GatewayError {
  return new GatewayError('control_plane_unavailable', 'the control plane did not answer', {
    cause: signal.reason,
  })
}
