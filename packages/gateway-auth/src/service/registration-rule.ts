import { timingSafeEqualText } from '@portcullis/auth-core'
import { GatewayAuthError } from '../errors.ts'
import { isNamespaceId } from '../internal/namespace-id.ts'

/** An initial access token; with a namespace, its clients join that one. @see RFC 7591 §3 */
export type InitialAccessToken =
  | string
  | { readonly token: string; readonly namespaceId?: string | undefined }

/** Who may register: anybody, or who holds one of these tokens; with none in the list nobody. */
export type RegistrationOption = 'open' | { readonly initialAccessTokens: readonly InitialAccessToken[] }

/** Checks who may register. */
export interface RegistrationRule {
  readonly isOpen: boolean
  /**
   * The namespace that a client of this token joins; undefined for one of its own.
   *
   * @throws GatewayAuthError `ERR_REGISTRATION_TOKEN_INVALID`
   */
  admit(token: string | null | undefined): string | undefined
}

const TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/

/** @throws TypeError naming what is wrong; never shows a token */
export function registrationRule(option: RegistrationOption): RegistrationRule {
  if (option === 'open') return { isOpen: true, admit: () => undefined }
  const list = option?.initialAccessTokens
  if (!Array.isArray(list)) {
    throw new TypeError('"registration" must be "open" or have "initialAccessTokens"')
  }
  const accepted = (list as readonly InitialAccessToken[]).map((one) =>
    typeof one === 'string' ? { token: one, namespaceId: undefined } : { ...one },
  )
  for (const { token, namespaceId } of accepted) {
    if (typeof token !== 'string' || !TOKEN.test(token)) {
      throw new TypeError('"initialAccessTokens" must be bearer tokens')
    }
    if (namespaceId !== undefined && !isNamespaceId(namespaceId)) {
      throw new TypeError('"initialAccessTokens": "namespaceId" must be 1 to 64 of A-Z a-z 0-9 _ -')
    }
  }
  return {
    isOpen: false,
    admit: (token) => {
      // Every accepted token is compared, so that the time does not tell which one came close.
      const [match] = accepted.filter((one) => timingSafeEqualText(one.token, token ?? null))
      if (match !== undefined) return match.namespaceId
      throw new GatewayAuthError(
        'ERR_REGISTRATION_TOKEN_INVALID',
        'registration needs a valid initial access token',
      )
    },
  }
}
