import { fileURLToPath } from 'node:url'
import { type NatsServer, type RunningProcess, startNatsServer, startProcess } from '@portcullis/test-servers'

/** One system under test: its processes and the port that clients connect to. */
export interface Contender {
  name: string
  port: number
  pids: number[]
  protocol?: string | undefined
  stop(): Promise<void>
}

interface Part {
  script: 'echo' | 'core-nats' | 'relay'
  args: string[]
}

/** Starts a system: its nats-server if it has one, then its parts; the last part is the one clients connect to. */
export async function startContender(
  name: string,
  parts: Part[],
  options: { nats?: boolean; storage?: string; protocol?: string } = {},
): Promise<Contender> {
  const nats: NatsServer | undefined = options.nats ? await startNatsServer() : undefined
  const processes: RunningProcess[] = []
  for (const { script, args } of parts) {
    const file = fileURLToPath(new URL(`servers/${script}.ts`, import.meta.url))
    processes.push(
      await startProcess({
        args: ['--import', 'tsx', file, ...args],
        env: { NATS_URL: nats?.url, STORAGE: options.storage },
        readyWhen: /port \d+/,
      }),
    )
  }
  const port = Number(/port (\d+)/.exec(processes.at(-1)?.output() ?? '')?.[1])
  return {
    name,
    port,
    protocol: options.protocol,
    pids: [...processes.map(({ pid }) => pid), ...(nats ? [nats.pid] : [])],
    stop: async () => {
      await Promise.all(processes.map((process) => process.kill()))
      await nats?.[Symbol.asyncDispose]()
    },
  }
}
