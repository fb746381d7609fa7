import { awaitReplies, openSessions, sendLast, sendNumbered, tally } from '../src/numbered-traffic.ts'
import { startSystem } from '../src/system.ts'

/*
 * Numbered traffic for as long as asked for, with something killed every few seconds; stops at the first frame that is
 * lost, doubled, out of order or somebody else's. `pnpm soak [minutes]`, one minute by default.
 */
const minutes = Number(process.argv[2] ?? 1)
if (!(minutes > 0)) throw new TypeError('usage: pnpm soak [minutes]')
const end = Date.now() + minutes * 60_000
const SESSIONS = 60
const FRAMES = 200

await using system = await startSystem({ gateways: 2 })
let workers = [await system.startWorker('one'), await system.startWorker('two')]

const faults: Record<string, () => Promise<unknown>> = {
  'kill nats-server': async () => {
    await system.nats.kill()
    await system.nats.restart()
  },
  'stop nats-server': () => system.nats.restart(),
  'kill both workers': async () => {
    await Promise.all(workers.map((worker) => worker.kill()))
    workers = [await system.startWorker('one'), await system.startWorker('two')]
  },
  'freeze nats-server for 5 s': async () => {
    await system.nats.pause()
    await new Promise((resolve) => setTimeout(resolve, 5000))
    system.nats.resume()
  },
}

for (let cycle = 1; Date.now() < end; cycle += 1) {
  const names = Object.keys(faults)
  const name = names[cycle % names.length] ?? ''
  const sessions = await openSessions(system, SESSIONS)
  const sending = sendNumbered(sessions, FRAMES, 50)
  await awaitReplies(sessions, FRAMES / 4, 60_000)
  await faults[name]?.()
  await sending
  await awaitReplies(sessions, FRAMES, 60_000)
  await sendLast(sessions, FRAMES, 60_000)
  const result = tally(sessions, FRAMES + 1)
  console.log(`cycle ${cycle}: ${name}: ${SESSIONS * FRAMES} frames, ${JSON.stringify(result)}`)
  await Promise.all(sessions.map(({ client }) => client.close()))
  if (Object.values(result).some((count) => count > 0)) {
    process.exitCode = 1
    break
  }
}
