import { createServer, type Server } from 'node:http'
import { readEnvironment, runService } from '../../src/index.ts'
import { booleanFlag, port } from '../../src/environment/variables.ts'
import { z } from 'zod'

// A service whose behaviour a test chooses by MODE.
const env = readEnvironment(
  z.object({
    MODE: z.string().default('good'),
    PORT: port.default(0),
    EXIT_WITH_PARENT: booleanFlag.default(false),
  }),
  process.env,
)

runService<Server>({
  name: 'fixture',
  graceMs: env.MODE === 'stuck' ? 200 : 30_000,
  exitWithParent: env.EXIT_WITH_PARENT,
  async start(signal) {
    if (env.MODE === 'slow start') {
      console.log('starting')
      await new Promise((resolve) => {
        signal.addEventListener('abort', resolve)
        setTimeout(resolve, 60_000)
      })
    }
    if (env.MODE === 'fails') throw new Error('cannot reach nats://u:SECRET@host')
    const server = createServer()
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(env.PORT, '127.0.0.1', resolve)
    })
    if (env.MODE === 'throws')
      setTimeout(() => {
        throw new Error('oops ?token=SECRET')
      }, 1)
    if (env.MODE === 'rejects') void Promise.reject(new Error('oops ?token=SECRET'))
    console.log(`ready ${process.pid}`)
    return server
  },
  async stop(server) {
    console.log('stopping')
    if (env.MODE === 'stuck') server.close()
    if (env.MODE === 'stuck' || env.MODE === 'stubborn') await new Promise(() => undefined)
    if (env.MODE === 'bad stop') throw new Error('no ?token=SECRET')
    await new Promise((resolve) => {
      server.close(resolve)
    })
    console.log('stopped')
  },
})
