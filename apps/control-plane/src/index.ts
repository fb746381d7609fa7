import { loggerOptions, readEnvironment, runService } from '@portcullis/app'
import { pino } from 'pino'
import { startControlPlane } from './control-plane.ts'
import { environmentSchema } from './environment.ts'

const env = readEnvironment(environmentSchema, process.env)

runService({
  name: 'control-plane',
  exitWithParent: env.EXIT_WITH_PARENT,
  start: () =>
    startControlPlane(env, pino(loggerOptions(env.LOG_LEVEL)), (text) => void process.stdout.write(text)),
  stop: (controlPlane) => controlPlane.close(),
})
