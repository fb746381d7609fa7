import { SignJWT } from 'jose'
import { PROJECT_SECRET } from './system.ts'

export interface MintOptions {
  subject?: string | undefined
  secret?: string | undefined
  /** Seconds from now; negative for a token that is over. */
  expiresIn?: number | undefined
}

/** A token as project `one` asks for. */
export function mintToken({
  subject = 'ann',
  secret = PROJECT_SECRET,
  expiresIn = 600,
}: MintOptions = {}): Promise<string> {
  return new SignJWT({ role: 'tester' })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(subject)
    .setIssuedAt()
    .setExpirationTime(Math.floor(Date.now() / 1000) + expiresIn)
    .sign(Buffer.from(secret))
}
