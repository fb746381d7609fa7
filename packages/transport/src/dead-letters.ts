import type { DeadLetter } from './envelope/dead-letter.ts'
import type { PublishReceipt } from './transport.ts'

/** Whose dead letters: those of a workspace, or of one of its projects. */
export interface DeadLetterScope {
  workspaceId: string
  projectId?: string | undefined
}

export interface DeadLetterQuery {
  /** @defaultValue everybody's */
  scope?: DeadLetterScope | undefined
  /** `next` of the page before. */
  after?: string | undefined
  /** 1 to 200. @defaultValue 50 */
  limit?: number | undefined
}

/** A dead letter where it is stored. Its `scope` is that of the subject, whatever the worker that stored it wrote. */
export interface StoredDeadLetter {
  /** What the other methods take. Unique for the life of the store, and meaningless in another. */
  id: string
  letter: DeadLetter
}

export interface DeadLetterPage {
  /** Newest first. What is none, because something else was published there, is left out. */
  items: StoredDeadLetter[]
  /** Null at the end. A page can be shorter than its limit, or empty, and not be the last. */
  next: string | null
}

/**
 * What workers gave up on, for people to look at. Each method takes the scope it may look into: what lies outside is answered like
 * what does not exist.
 *
 * Rejects with `ERR_TRANSPORT_UNAVAILABLE`, `_TIMEOUT`, `_REFUSED` (permissions) and `_CLOSED`; throws a TypeError for a query that
 * is none, an `after` or id of another store included.
 */
export interface DeadLetters {
  /** Newest first. */
  list(query?: DeadLetterQuery): Promise<DeadLetterPage>
  /** Null when there is none. */
  get(id: string, scope?: DeadLetterScope): Promise<StoredDeadLetter | null>
  /** Removes it for good; false when there was none. */
  drop(id: string, scope?: DeadLetterScope): Promise<boolean>
  /**
   * Publishes the original message again, under a new message id, to the subject it came from, and then removes the dead letter.
   * At least once: a process that dies in between leaves the dead letter, and two that do it at once publish twice. Null when
   * there is none.
   *
   * @throws TransportError `ERR_TRANSPORT_DEAD_LETTER_INCOMPLETE`; `ERR_TRANSPORT_STREAM_FULL`
   */
  replay(id: string, scope?: DeadLetterScope): Promise<PublishReceipt | null>
}
