/** Why a pattern cannot be used; callers turn it into an error of theirs that says where the pattern stands. */
export class PatternProblem extends Error {
  readonly kind: 'invalid' | 'unsafe'

  constructor(kind: 'invalid' | 'unsafe', message: string, options?: ErrorOptions) {
    super(message, options)
    this.kind = kind
  }
}
