import { booleanFlag, httpUrl, port } from '@portcullis/app'
import { webSocketUrl } from '@portcullis/example-page/server'
import { z } from 'zod'

/** Variables of the example's server and `dev` command. */
export const environmentSchema = z.object({
  /** Port of the page. */
  CHAT_PORT: port.default(8080),
  CHAT_HOST: z.string().default('127.0.0.1'),
  /** Where browsers reach the gateway. When absent: the page's own host name, port `GATEWAY_PORT`. */
  GATEWAY_URL: webSocketUrl.optional(),
  GATEWAY_PORT: port.default(4000),
  /** When absent: localhost, port `CONTROL_PLANE_PORT`. */
  CONTROL_PLANE_URL: httpUrl.optional(),
  CONTROL_PLANE_PORT: port.default(3000),
  /** With it, `dev` starts the worker as a process of its own. */
  NATS_URL: z.string().optional(),
  EXIT_WITH_PARENT: booleanFlag.default(true),
})

/** What {@link environmentSchema} makes of the variables. */
export type Environment = z.output<typeof environmentSchema>
