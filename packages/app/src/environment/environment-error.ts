/** One variable that cannot be used. */
export interface VariableProblem {
  readonly name: string
  /** What is wrong with it, without its value. */
  readonly problem: string
}

/** An environment that does not fit its schema. The message names every variable and never a value. */
export class EnvironmentError extends Error {
  override readonly name: string = 'EnvironmentError'
  readonly problems: readonly VariableProblem[]

  constructor(problems: readonly VariableProblem[]) {
    super(problems.map(({ name, problem }) => `${name}: ${problem}`).join('\n'))
    this.problems = problems
  }
}
