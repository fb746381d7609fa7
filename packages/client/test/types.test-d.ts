import { createClient } from '@portcullis/client'

// Compiled, not run.
type Said = { type: 'said'; text: string }
type Say = { type: 'say'; text: string }

export async function compiles(): Promise<void> {
  await using client = createClient<Said>({ url: 'ws://localhost:4000/ws', getToken: async () => null })
  client.on('message', (message, { seq }) => message.text.repeat(seq))
  client.on('status', (status) => status === 'connected')
  client.on('error', (error) => error.code === 'rejected' && error.retryable)
  // @ts-expect-error there is no such event
  client.on('massage', () => {})
  // @ts-expect-error a message is a Said
  client.on('message', (message: { other: string }) => message)

  const lobby = client.actor<Say>('room', 'lobby')
  const { id, duplicate } = await lobby.send({ type: 'say', text: 'hello' })
  duplicate satisfies boolean
  id satisfies string
  // @ts-expect-error text is missing
  await lobby.send({ type: 'say' })
  await client.send({ actor: 'room', actorId: 'lobby', anything: 1 })
  // @ts-expect-error no addressee
  await client.send({ text: 'x' })
}
