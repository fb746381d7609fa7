import { Agent, request } from 'undici'

const agent = new Agent({ connections: 128 })

/** One JSON request; the body of a 2xx answer, else an error. */
export async function post<Answer>(url: string, body: unknown): Promise<Answer> {
  const response = await request(url, {
    method: 'POST',
    dispatcher: agent,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const answer = await response.body.json()
  if (response.statusCode >= 300) throw new Error(`${url} answered ${response.statusCode}`)
  return answer as Answer
}

/** Runs `workers` loops for a while and counts their steps. */
export async function loops(
  workers: number,
  milliseconds: number,
  step: (worker: number, count: number) => Promise<unknown>,
): Promise<{ rate: number }> {
  const end = performance.now() + milliseconds
  const begin = performance.now()
  let steps = 0
  await Promise.all(
    Array.from({ length: workers }, async (_, worker) => {
      for (let count = 0; performance.now() < end; count += 1) {
        await step(worker, count)
        steps += 1
      }
    }),
  )
  return { rate: (steps * 1000) / (performance.now() - begin) }
}

/** Asks a route every few milliseconds until stopped, and tells how long the answers took. */
export function probe(url: string): { stop(): Promise<{ p50: number; p99: number }> } {
  const times: number[] = []
  const open = new Set<Promise<unknown>>()
  const timer = setInterval(() => {
    const begin = performance.now()
    const one = request(url, { dispatcher: agent })
      .then(({ body }) => body.dump())
      .then(() => times.push(performance.now() - begin))
      .finally(() => open.delete(one))
    open.add(one)
  }, 10)
  return {
    async stop() {
      clearInterval(timer)
      await Promise.all(open)
      times.sort((a, b) => a - b)
      const at = (share: number): number => times[Math.floor(times.length * share)] ?? 0
      return { p50: at(0.5), p99: at(0.99) }
    },
  }
}
