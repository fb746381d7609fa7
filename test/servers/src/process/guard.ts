import { spawn } from 'node:child_process'

// Reads until the pipe to the test process closes, which the system does whatever way that process ended.
// `-s KILL --` is the one spelling for a group that every POSIX shell takes.
const SCRIPT = `cat >/dev/null; kill -s KILL -- "-$1" 2>/dev/null; [ -z "$2" ] || rm -rf -- "$2"`

/**
 * Ends the process group `groupId`, and removes `folder` when one is given, once this process is gone: also after a
 * SIGKILL or a crashed vitest worker, where no exit handler runs. Returns what calls it off.
 */
export function killWithParent(groupId: number, folder?: string): () => void {
  const watcher = spawn('sh', ['-c', SCRIPT, 'sh', String(groupId), folder ?? ''], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // Its own group, so that Ctrl-C in the terminal does not end the watcher before its work.
    detached: true,
    cwd: '/',
  })
  watcher.on('error', () => {})
  watcher.stdin.on('error', () => {})
  watcher.unref()
  // The typed stream hides that a child's pipe is a socket; it must not keep a finished test process alive.
  ;(watcher.stdin as unknown as { unref?: () => void }).unref?.()
  return () => watcher.kill('SIGKILL')
}
