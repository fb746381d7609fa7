import type { Api, ApiContext } from '../context.ts'
import { operation } from '../operation/operation.ts'
import { explainRequestSchema, rulesSchema, verdictSchema } from './visibility-schemas.ts'

const tag = 'visibility'

/** `/visibility/…`: the rules in force on the gateways. */
export async function visibilityRoutes(app: Api, { fleet, gatewayTimeoutMs }: ApiContext): Promise<void> {
  const options = { timeoutMs: gatewayTimeoutMs }

  app.get(
    '/visibility/rules',
    operation({
      operationId: 'getVisibilityRules',
      summary: 'Show the visibility rules in force',
      tag,
      role: 'operator:viewer',
      answer: [200, rulesSchema, 'The rules, in the order in which they are looked at'],
      refusals: [502],
    }),
    async () => fleet.ask(null, 'visibility.rules', {}, options),
  )

  app.post(
    '/visibility/explain',
    operation({
      operationId: 'explainVisibility',
      summary: 'Say which rule decides about a name and an identity',
      tag,
      role: 'operator:viewer',
      body: explainRequestSchema,
      answer: [200, verdictSchema, 'The verdict, and where it comes from'],
      refusals: [502],
    }),
    async (request) => fleet.ask(null, 'visibility.explain', request.body, options),
  )
}
