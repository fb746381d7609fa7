import { WebSocket } from 'ws'

export interface Load {
  sessions: number
  /** Frames of one session under way at a time. */
  window: number
  milliseconds: number
  protocol?: string | undefined
}

export interface Round {
  roundTrips: number
  seconds: number
  /** Milliseconds from sending a frame to its answer. */
  latencies: Float64Array
}

const PAD = 'x'.repeat(28)

/** Drives a server for a while and checks every answer: the right one, in order, once. */
export async function runRound(port: number, load: Load): Promise<Round> {
  const sockets = await Promise.all(Array.from({ length: load.sessions }, () => open(port, load.protocol)))
  const latencies: number[] = []
  const start = performance.now()
  const end = start + load.milliseconds
  await Promise.all(sockets.map((socket, index) => drive(socket, index, load.window, end, latencies)))
  const seconds = (performance.now() - start) / 1000
  for (const socket of sockets) socket.close()
  await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve))))
  return { roundTrips: latencies.length, seconds, latencies: Float64Array.from(latencies).toSorted() }
}

function drive(
  socket: WebSocket,
  index: number,
  window: number,
  end: number,
  latencies: number[],
): Promise<void> {
  return new Promise((resolve, reject) => {
    const sentAt: number[] = []
    let received = 0
    const send = (): void => {
      const n = sentAt.push(performance.now()) - 1
      socket.send(`{"actor":"echo","actorId":"id-${index}","n":${n},"pad":"${PAD}"}`)
    }
    socket.on('message', (data) => {
      const frame = JSON.parse((data as Buffer).toString()) as { type?: string; message?: unknown }
      if (frame.type === 'welcome' || frame.type === 'ack') return
      const answer = (frame.type === 'message' ? frame.message : frame) as { actorId: string; n: number }
      if (answer.actorId !== `id-${index}` || answer.n !== received) {
        reject(
          new Error(
            `session ${index} expected answer ${received}, got ${JSON.stringify(frame).slice(0, 200)}`,
          ),
        )
        return
      }
      latencies.push(performance.now() - (sentAt[received] ?? 0))
      received += 1
      if (performance.now() < end) send()
      else if (received === sentAt.length) resolve()
    })
    socket.on('close', (code) => reject(new Error(`session ${index} was closed with ${code}`)))
    for (let n = 0; n < window; n += 1) send()
  })
}

function open(port: number, protocol: string | undefined): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, protocol === undefined ? [] : [protocol])
    socket.once('open', () => resolve(socket))
    socket.once('error', reject)
  })
}
