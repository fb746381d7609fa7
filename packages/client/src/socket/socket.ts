/** How a socket ended. */
export interface SocketEnd {
  /** WebSocket close code; 1006 when there was no close frame. */
  closeCode?: number | undefined
  /** Of the close frame; empty when it had none. */
  reason?: string | undefined
  /** The server answered the upgrade with something else than 101. Browsers do not tell. */
  refusal?: Refusal | undefined
  cause?: unknown
}

/** A refused upgrade: `{statusCode, error, code, message}` and the headers that matter. */
export interface Refusal {
  statusCode: number
  code?: string | undefined
  message?: string | undefined
  retryAfterMs?: number | undefined
}

/** Calls back in this order: `open` once or never, `text` and `binary` any number of times, `end` once. */
export interface SocketEvents {
  open(): void
  text(data: string): void
  binary(): void
  end(end: SocketEnd): void
}

export interface Socket {
  /** Call between `open` and `end` only. */
  send(text: string): void
  /** Closes with 1000; `end` follows when the server answered. */
  close(): void
  /** Ends without waiting for the server, as far as the platform can. */
  terminate(): void
}

/** The one thing that differs between Node and browsers. Throws on input that the platform refuses. */
export type OpenSocket = (url: string, protocols: string[], events: SocketEvents) => Socket
