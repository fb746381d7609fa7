/** One member of a request that was refused. */
export interface ProblemMember {
  /** Dotted, such as `auth.issuer`. */
  readonly path: string
  readonly message: string
}

/** The body of an error answer (RFC 9457). */
export interface ProblemDetails {
  readonly title?: string
  readonly status?: number
  readonly detail?: string
  readonly code?: string
  readonly instance?: string
  readonly errors?: readonly ProblemMember[]
}

/** An answer that is an error, or none at all: then `status` is 0. */
export class ApiError extends Error {
  override readonly name: string = 'ApiError'
  /** HTTP status; 0 when the server could not be reached. */
  readonly status: number
  /** Of the error table of the API. */
  readonly code: string
  /** What was wrong with which member. */
  readonly members: readonly ProblemMember[]

  constructor(status: number, problem: ProblemDetails) {
    super(problem.detail ?? problem.title ?? `HTTP ${status}`)
    this.status = status
    this.code = problem.code ?? ''
    this.members = problem.errors ?? []
  }

  /** Whether the server, and not the request, is the trouble: it is worth trying again. */
  get isOutage(): boolean {
    return this.status === 0 || this.status >= 500
  }
}

/** The error of a body that may or may not be problem details. */
export function toApiError(status: number, body: unknown): ApiError {
  const problem = typeof body === 'object' && body !== null ? (body as ProblemDetails) : {}
  return new ApiError(status, problem)
}

const BY_CODE: Readonly<Record<string, string>> = {
  ERR_API_KEY_INVALID: 'This key is not valid: it may have been revoked, rotated or have expired.',
  ERR_CSRF_TOKEN_INVALID: 'Your session has changed in another window. Try again.',
  ERR_DEAD_LETTER_INCOMPLETE: 'Only a part of this message was kept, so it cannot be replayed.',
  ERR_GATEWAY_FAILED: 'The gateway could not answer this. Its log says more.',
  ERR_GATEWAY_UNAVAILABLE: 'No gateway answers at the moment. Check that one runs and reports.',
  ERR_HOST_TAKEN:
    'This host belongs to another project already, or a wildcard of another workspace covers it.',
  ERR_ID_TAKEN: 'This id is taken already. Choose another one.',
  ERR_LAST_OWNER: 'This is the last owner. Make somebody else an owner first.',
  ERR_OIDC_LOGIN_FAILED: 'Signing in with your identity provider did not work out. Try again.',
  ERR_OIDC_UNAVAILABLE: 'Your identity provider cannot be reached. Try again in a moment.',
  ERR_PROJECTS_OVERLAP:
    'A token of another project would be good here as well. Give this one an audience, issuer or secret of its own.',
  ERR_ROLE_TOO_STRONG: 'Nobody can give a role that is stronger than their own.',
  ERR_WORKSPACE_NOT_EMPTY: 'It still has projects. Delete those first.',
}

/** Codes of refusals that have words of their own here. */
export const KNOWN_CODES: readonly string[] = Object.keys(BY_CODE)

const SENTENCES: Readonly<Record<number, string>> = {
  0: 'The control plane cannot be reached. Check that it runs and that you are online.',
  401: 'You are no longer signed in.',
  403: 'Your role does not allow this. Ask an owner of the workspace.',
  404: 'This does not exist, or it is not yours to see.',
  412: 'Somebody else changed this in the meantime.',
  428: 'This page is out of date. Reload it and try again.',
  429: 'That was too many requests. Wait a moment and try again.',
  503: 'The control plane is busy or its database is away. Try again in a moment.',
}

/** An error in plain words: what happened and, where there is something, what to do. */
export function inPlainWords(error: unknown): string {
  if (!(error instanceof ApiError)) return 'Something went wrong in this page. Reload it and try again.'
  const byCode = Object.hasOwn(BY_CODE, error.code) ? BY_CODE[error.code] : undefined
  if (byCode !== undefined) return byCode
  // What a refusal says of itself is more to the point than what its status says.
  const isSpecific = [400, 409, 422].includes(error.status) && error.members.length === 0
  if (isSpecific) return sentence(error.message)
  if (error.members.length > 0) {
    return error.members.map(({ path, message }) => sentence(path ? `${path} ${message}` : message)).join(' ')
  }
  const known = SENTENCES[error.status]
  if (known !== undefined) return known
  return error.status >= 500
    ? 'The control plane had a problem of its own. Its log says more.'
    : sentence(error.message)
}

function sentence(text: string): string {
  const begun = text.charAt(0).toUpperCase() + text.slice(1)
  return /[.!?…]$/.test(begun) ? begun : `${begun}.`
}
