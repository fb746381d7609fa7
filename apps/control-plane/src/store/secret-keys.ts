import { randomBytes } from 'node:crypto'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const KEY_BYTES = 32

/** A key of 32 bytes from 64 hexadecimal digits or base64, either alphabet; null for anything else. */
export function readKey(text: string): Buffer | null {
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex')
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return null
  const key = Buffer.from(text, 'base64')
  return key.byteLength === KEY_BYTES ? key : null
}

/**
 * The key of a development machine: made once, readable by its owner only. Never a constant, which everybody would know.
 *
 * @throws Error naming the file when it holds something else
 */
export async function developmentKey(directory: string): Promise<Buffer> {
  const file = join(directory, 'secret-key')
  const found = await readText(file)
  if (found === null) {
    await mkdir(directory, { recursive: true })
    const draft = `${file}.${randomBytes(8).toString('hex')}`
    try {
      await writeFile(draft, `${randomBytes(KEY_BYTES).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' })
      // All of it or nothing, and the first one of two processes.
      await link(draft, file)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    } finally {
      await rm(draft, { force: true })
    }
  }
  const key = readKey((found ?? (await readFile(file, 'utf8'))).trim())
  if (key === null) throw new Error(`${file} does not hold a key`)
  return key
}

async function readText(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
