import type { Update } from '../update.ts'

/** Where updates go. One `publish` at a time. */
export interface Publisher {
  /** Before the first update. A rejection keeps the gateway from starting. */
  startup?(): Promise<void>
  /**
   * Resolves when the update has arrived. The signal is aborted when it takes too long.
   *
   * @throws PublishFailure, or anything else for what trying again does not help
   */
  publish(update: Update, signal: AbortSignal): Promise<void>
  /** After the last update. */
  cleanup?(): Promise<void>
}

/** Why an update did not arrive. The message is for the log: it holds no credential and no part of the update. */
export class PublishFailure extends Error {
  override readonly name: string = 'PublishFailure'
  /** Whether the same update may arrive when tried again. */
  readonly temporary: boolean

  constructor(message: string, { temporary, ...options }: ErrorOptions & { temporary: boolean }) {
    super(message, options)
    this.temporary = temporary
  }
}
