/** Bounds of everything a stranger can make grow. */
export const LIMITS = {
  rooms: 200,
  participantsPerRoom: 100,
  /** Messages that a newcomer is shown. */
  historyPerRoom: 50,
  /** UTF-16 code units. */
  textLength: 2000,
  nameLength: 32,
  /**
   * Pages announce themselves every `announceMs`, and browsers let a page in the background do so once a minute only.
   */
  announceMs: 10_000,
  presenceMs: 80_000,
} as const

/** Room names that fit a URL and a headline. */
export const ROOM_NAME: RegExp = /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/
