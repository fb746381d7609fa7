import { execFile } from 'node:child_process'

export interface RunOptions {
  cwd: string
  env?: Readonly<Record<string, string>> | undefined
  timeoutMs: number
}

/** Runs a program to its end; resolves with stdout, rejects with everything it printed. */
export function run(command: string, args: readonly string[], options: RunOptions): Promise<string> {
  const { cwd, timeoutMs } = options
  const env = { ...withoutPackageManager(process.env), ...options.env }
  return new Promise((resolve, reject) => {
    const settings = { cwd, env, timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: 64 << 20 } as const
    execFile(command, args, settings, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout)
      const how =
        error.killed === true
          ? `did not end within ${timeoutMs} ms`
          : `failed (${error.code ?? error.signal})`
      reject(
        new Error(`${command} ${args.join(' ')} ${how}\n${stdout}\n${stderr}`.slice(0, 8000), {
          cause: error,
        }),
      )
    })
  })
}

/** pnpm and vitest leave their own settings in the environment, which npm and a stranger's Node would not have. */
function withoutPackageManager(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^(npm_|pnpm_|vitest|node_options$|node_env$|test$)/i.test(name)),
  )
}
