import { execFile } from 'node:child_process'

export interface RunOptions {
  timeoutMs: number
  env?: NodeJS.ProcessEnv | undefined
  cwd?: string | undefined
}

/** Runs a program to its end and resolves with its stdout; rejects with the end of its stderr, or when it takes too long. */
export function run(command: string, args: readonly string[], options: RunOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(
      command,
      args,
      {
        env: options.env,
        cwd: options.cwd,
        timeout: options.timeoutMs,
        killSignal: 'SIGKILL',
        maxBuffer: 16 << 20,
      },
      (error, stdout, stderr) => {
        if (error === null) return resolve(stdout)
        const how =
          error.killed === true
            ? `did not end within ${options.timeoutMs} ms`
            : (stderr || error.message).trim()
        reject(new Error(`${command} ${args.join(' ')}: ${how.slice(-2000)}`, { cause: error }))
      },
    )
  })
}
