/** What is asked of an {@link EgressFetch}: a download with GET that follows no redirect. */
export interface EgressRequest {
  readonly method: 'GET'
  readonly headers: Headers
  readonly redirect: 'manual'
  /** Covers the body too. */
  readonly signal: AbortSignal
}

/**
 * Downloads from a URL that somebody else chose. It MUST NOT follow redirects, which it answers as they are, and MUST end
 * when the signal says so. Made by `createPublicFetch` of `@portcullis/auth-core/egress`.
 */
export type EgressFetch = (url: string, request: EgressRequest) => Promise<Response>
