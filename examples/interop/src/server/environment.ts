import { booleanFlag, port } from '@portcullis/app'
import { webSocketUrl } from '@portcullis/example-page/server'
import { z } from 'zod'

/** Variables of the example's server and `dev` command. */
export const environmentSchema = z.object({
  /** Port of the page. */
  DESK_PORT: port.default(8081),
  DESK_HOST: z.string().default('127.0.0.1'),
  /** Where browsers reach the interop gateway. When absent: the page's own host name, port `GATEWAY_PORT`. */
  INTEROP_URL: webSocketUrl.optional(),
  GATEWAY_PORT: port.default(4000),
  EXIT_WITH_PARENT: booleanFlag.default(true),
})

/** What {@link environmentSchema} makes of the variables. */
export type Environment = z.output<typeof environmentSchema>
