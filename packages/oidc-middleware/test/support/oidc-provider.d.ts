/** What the tests use of a package that has no types of its own. */
declare module 'oidc-provider' {
  import type { RequestListener } from 'node:http'

  interface Grant {
    addOIDCScope(scope: string): void
    addResourceScope(resource: string, scope: string): void
    save(): Promise<string>
  }

  interface Token {
    resourceServer: unknown
    save(): Promise<string>
  }

  export class Provider {
    constructor(issuer: string, configuration: Record<string, unknown>)
    readonly Client: { find(id: string): Promise<{ clientId: string }> }
    readonly Grant: new (options: Record<string, unknown>) => Grant
    readonly AccessToken: new (options: Record<string, unknown>) => Token
    readonly IdToken: new (
      claims: Record<string, unknown>,
      options: Record<string, unknown>,
    ) => {
      scope: string
      set(claim: string, value: unknown): void
      issue(options: Record<string, unknown>): Promise<string>
    }
    readonly ResourceServer: new (identifier: string, data: Record<string, unknown>) => unknown
    callback(): RequestListener
  }
}
