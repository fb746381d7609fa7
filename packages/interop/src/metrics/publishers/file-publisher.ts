import { once } from 'node:events'
import { createWriteStream, type WriteStream } from 'node:fs'
import { type Publisher, PublishFailure } from './publisher.ts'

export interface FileSettings {
  readonly location: string
  /** Whether what is in the file stays. */
  readonly append: boolean
  /** Whether the states of repositories are written too. */
  readonly status: boolean
}

/**
 * Writes each update as one line of JSON. Waits for the file when it does not keep up, and opens it again after a failure.
 */
export function createFilePublisher({ location, append, status }: FileSettings): Publisher {
  let stream: WriteStream | undefined

  async function open(flags: 'a' | 'w'): Promise<WriteStream> {
    const opened = createWriteStream(location, { flags })
    await once(opened, 'open')
    // From now on a failure shows in the callback of a write; without a listener it would end the process.
    opened.on('error', () => undefined)
    return opened
  }

  async function write(line: string): Promise<void> {
    stream ??= await open('a')
    const target = stream
    await new Promise<void>((resolve, reject) => {
      target.write(line, (error) => (error ? reject(error) : resolve()))
    })
  }

  return {
    async startup() {
      stream = await open(append ? 'a' : 'w')
    },
    async publish(update) {
      if (!status && 'status' in update) return
      try {
        await write(`${JSON.stringify(update)}\n`)
      } catch (error) {
        stream?.destroy()
        stream = undefined
        const { code = 'unknown' } = error as NodeJS.ErrnoException
        throw new PublishFailure(`the file cannot be written (${code})`, { temporary: true })
      }
    },
    async cleanup() {
      const target = stream
      stream = undefined
      if (target === undefined || target.destroyed) return
      const closed = once(target, 'close')
      target.end()
      await closed
    },
  }
}
