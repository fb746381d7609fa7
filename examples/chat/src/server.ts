import { readEnvironment, runService } from '@portcullis/app'
import { servePage } from '@portcullis/example-page/server'
import { environmentSchema } from './server/environment.ts'
import { pageOptions } from './server/page-options.ts'

const env = readEnvironment(environmentSchema, process.env)

runService({
  name: 'chat',
  start: () => servePage(pageOptions(env)),
  stop: (page) => page.close(),
})
