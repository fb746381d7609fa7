import type { Project } from '../api/projects.ts'

/** How a client connects to a project. */
export function connectSnippet({ hosts, auth }: Pick<Project, 'hosts' | 'auth'>): string {
  const host = hosts[0] ?? 'relay.example.com'
  const name = host.startsWith('*.') ? `app${host.slice(1)}` : host
  const isLocal = /^(localhost|127\.|\[::1\])|\.localhost$/.test(name)
  const url = isLocal ? `ws://${name}:4000/ws` : `wss://${name}/ws`
  const token = auth.mode === 'none' ? '' : `\n  getToken: async () => (await fetch('/token')).text(),`
  return `import { createClient } from '@portcullis/client'

const client = createClient({
  url: ${JSON.stringify(url)},${token}
})
client.on('message', (message) => console.log(message))
await client.actor('room', 'lobby').send({ text: 'hello' })`
}
