import { z } from 'zod'

/** Where browsers reach a gateway. */
export const webSocketUrl: z.ZodString = z
  .string()
  .refine((value) => /^wss?:\/\//.test(value) && URL.canParse(value), 'must be a ws: or wss: URL')
