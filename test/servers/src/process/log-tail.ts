/** The last part of what a process wrote; what came earlier is forgotten, so a chatty process cannot fill the memory. */
export interface LogTail {
  add(chunk: string): void
  text(): string
  /** Resolves with the match once the text matches; `signal` ends the wait with its reason. */
  waitFor(pattern: RegExp, signal: AbortSignal): Promise<RegExpExecArray>
}

const MAX_CHARACTERS = 64 * 1024

export function createLogTail(maxCharacters: number = MAX_CHARACTERS): LogTail {
  let text = ''
  const waiting = new Set<() => void>()
  return {
    add(chunk) {
      text = (text + chunk).slice(-maxCharacters)
      for (const check of waiting) check()
    },
    text: () => text,
    waitFor: (pattern, signal) =>
      new Promise((resolve, reject) => {
        const check = (): boolean => {
          const match = new RegExp(pattern).exec(text)
          if (match === null) return false
          end()
          resolve(match)
          return true
        }
        const abort = (): void => {
          end()
          reject(signal.reason as Error)
        }
        const end = (): void => {
          waiting.delete(check)
          signal.removeEventListener('abort', abort)
        }
        if (check()) return
        if (signal.aborted) return abort()
        waiting.add(check)
        signal.addEventListener('abort', abort)
      }),
  }
}
