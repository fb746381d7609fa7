import { z } from 'zod'
import { FLEET_VERSION } from './frame.ts'
import { FLEET_ID } from './subjects.ts'

/** The pieces that frames are made of. */
export const version: z.ZodLiteral<1> = z.literal(FLEET_VERSION)
export const id: z.ZodString = z.string().regex(FLEET_ID)
export const count: z.ZodInt = z.int().nonnegative()
/**
 * 9999-12-31T23:59:59.999Z, the last that can be written with a year of four digits: whoever shows a list must not fail for one
 * token whose end is given in milliseconds instead of seconds.
 *
 * @see RFC 3339 §5.6
 */
export const LAST_INSTANT_MS = 253_402_300_799_999
export const instant: z.ZodInt = z.int().nonnegative().max(LAST_INSTANT_MS)
export const amount: z.ZodNumber = z.number().nonnegative()
export const text = (length: number): z.ZodString => z.string().max(length)
