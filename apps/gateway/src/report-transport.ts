import type { Transport } from '@portcullis/transport'
import type { FastifyBaseLogger } from 'fastify'

/** Logs what becomes of the engine, and ends the process when it cannot work at all. */
export function reportTransport(transport: Transport, logger: FastifyBaseLogger): void {
  transport.onStatus(({ state, error, drift }) => {
    const level = state === 'connected' || state === 'closed' ? 'info' : 'warn'
    logger[level]({ engine: transport.engine, state, err: error }, 'transport state')
    for (const { stream, setting, expected, actual, corrected } of state === 'connected' ? drift : []) {
      logger.warn({ stream, setting, expected, actual, corrected }, 'a stream has another setting')
    }
  })
  void transport.closed.then((error) => {
    // Nothing can be done about it while running; the process says so and ends with code 1.
    if (error) throw error
  })
}
