import { createWorker } from '@portcullis/worker'

export default ({ transport }) =>
  createWorker({ transport, workspaceId: 'demo', projectId: 'chat' }).actor('greeter', {
    async message(context, message) {
      await context.reply({ greeting: `Hello, ${message.name}! This is ${context.actorId}.` })
    },
  })
