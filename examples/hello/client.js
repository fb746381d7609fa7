import { createClient } from '@portcullis/client'

const client = createClient({ url: 'ws://localhost:4000/ws' })
client.on('message', (message) => console.log(message.greeting))
await client.actor('greeter', 'front-door').send({ name: 'Ada' })
