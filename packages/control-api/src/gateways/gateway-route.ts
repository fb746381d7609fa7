import type { Api, ApiContext } from '../context.ts'
import { operation } from '../operation/operation.ts'
import { gatewayListSchema, gatewayOf } from './gateway-schemas.ts'

/** `GET /gateways`. */
export async function gatewayRoute(app: Api, { fleet }: ApiContext): Promise<void> {
  app.get(
    '/gateways',
    operation({
      operationId: 'listGateways',
      summary: 'List the gateways that report',
      tag: 'gateways',
      role: 'operator:viewer',
      answer: [200, gatewayListSchema, 'The gateways, by id'],
    }),
    async () => ({ items: fleet.gateways().map(gatewayOf) }),
  )
}
