import type { Api, ApiContext } from '../context.ts'
import { pageQuery } from '../http/common-schemas.ts'
import { sendPage } from '../http/send-page.ts'
import { operation } from '../operation/operation.ts'
import { interopPages } from './interop-schemas.ts'

const SUMMARIES = {
  peers: 'List the peers of interop',
  methods: 'List the methods and streams of interop',
  contexts: 'List the shared contexts of interop',
} as const

/** `/interop/…`: what the gateway that was asked knows. */
export async function interopRoutes(app: Api, { fleet, gatewayTimeoutMs }: ApiContext): Promise<void> {
  for (const noun of ['peers', 'methods', 'contexts'] as const) {
    app.get(
      `/interop/${noun}`,
      operation({
        operationId: `listInterop${noun[0]?.toUpperCase() ?? ''}${noun.slice(1)}`,
        summary: SUMMARIES[noun],
        tag: 'interop',
        role: 'operator:viewer',
        query: pageQuery,
        answer: [200, interopPages[noun], `A page of ${noun}`],
        headers: ['link'],
        refusals: [502],
      }),
      async (request, reply) => {
        const options = { timeoutMs: gatewayTimeoutMs }
        const page = await fleet.ask(null, `interop.${noun}`, request.query, options)
        return sendPage<unknown>(request, reply, page, (item) => item)
      },
    )
  }
}
