import {
  compileRules,
  VisibilityError,
  type Explanation,
  type Visibility,
  type VisibilityPolicy,
} from '@portcullis/visibility'
import { Command, Option } from 'commander'
import { CliError, EXIT_CODES, usageError } from '../errors.ts'
import { nameAndValue } from '../input/parse.ts'
import { pathIn, readJsonFile } from '../input/read-file.ts'
import type { Invocation } from '../invocation.ts'
import { describeSubject, PEER_DOMAINS, readExpectations, type Expectation } from './expectations.ts'

interface Options {
  readonly context?: string
  readonly method?: string
  readonly peer?: (typeof PEER_DOMAINS)[number]
  readonly identity?: ReadonlyMap<string, string>
  readonly expect?: Visibility
  readonly table?: string
  readonly default?: Visibility
  readonly json?: boolean
}

/** What came of one question. */
interface Outcome extends Expectation {
  readonly explanation: Explanation
  readonly isMet: boolean
}

const VERDICTS = ['local', 'cluster'] as const

/** `portcullis rules test <file>` */
export function rulesTest(invocation: Invocation): Command {
  return new Command('test')
    .summary('ask visibility rules what they decide, and why')
    .description(
      'Checks a file of visibility rules, and asks it about one name or a table of them. Ends with 1 when something is not as expected. With neither, it checks the file alone.',
    )
    .argument('<file>', 'JSON file, as INTEROP_RULES_FILE names it')
    .option('--context <name>', 'ask about a context')
    .option('--method <name>', 'ask about a method or stream')
    .addOption(new Option('--peer <domain>', 'ask about a peer in a domain').choices(PEER_DOMAINS))
    .option('--identity <name=value>', 'member of its identity; may stand several times', nameAndValue)
    .addOption(new Option('--expect <verdict>', 'what should come of it').choices(VERDICTS))
    .option('--table <file>', 'JSON file with questions and what should come of them')
    .addOption(new Option('--default <verdict>', 'where the file has no default').choices(VERDICTS))
    .option('--json', 'print JSON, for programs')
    .action(
      invocation.act(async (file: string, options: Options) => {
        const { print, cwd } = invocation
        const questions = await questionsOf(invocation, options)
        const policy = await compile(pathIn(cwd, file), options.default)
        const outcomes = questions.map((question): Outcome => {
          const explanation = policy.explain(question.subject)
          return {
            ...question,
            explanation,
            isMet: question.expect === undefined || question.expect === explanation.verdict,
          }
        })
        const failed = outcomes.filter(({ isMet }) => !isMet)
        if (options.json === true) print.json(report(outcomes))
        else if (options.table !== undefined) showTable(invocation, outcomes)
        else if (outcomes[0] === undefined) print.line(describeRules(policy))
        else showOne(invocation, outcomes[0])
        return failed.length === 0 ? EXIT_CODES.ok : EXIT_CODES.failed
      }),
    )
}

async function questionsOf({ cwd }: Invocation, options: Options): Promise<readonly Expectation[]> {
  const { context, method, peer, identity, expect, table } = options
  const named = [context, method, peer].filter((one) => one !== undefined)
  if (named.length > 1) throw usageError('ask about one of --context, --method and --peer')
  if (table !== undefined) {
    if (named.length > 0 || (identity ?? expect) !== undefined) {
      throw usageError('--table has the questions, and goes without others')
    }
    return readExpectations(pathIn(cwd, table))
  }
  if (named.length === 0) {
    if ((identity ?? expect) === undefined) return []
    throw usageError('--identity and --expect need one of --context, --method and --peer')
  }
  const owner = Object.fromEntries(identity ?? [])
  if (peer !== undefined) return [{ subject: { kind: 'peer', domain: peer, identity: owner }, expect }]
  const kind = context === undefined ? 'method' : 'context'
  return [{ subject: { kind, name: context ?? method ?? '', identity: owner }, expect }]
}

async function compile(path: string, fallback: Visibility | undefined): Promise<VisibilityPolicy> {
  const written = await readJsonFile(path)
  try {
    // As a gateway does it: the default of the file counts more than the one from outside.
    const isObject = typeof written === 'object' && written !== null && !Array.isArray(written)
    return compileRules(isObject && fallback !== undefined ? { default: fallback, ...written } : written)
  } catch (error) {
    if (!VisibilityError.is(error)) throw error
    throw new CliError('ERR_CLI_RULES', `${path}: ${error.message}`)
  }
}

function report(outcomes: readonly Outcome[]): unknown {
  return {
    ok: outcomes.every(({ isMet }) => isMet),
    results: outcomes.map(({ subject, expect, explanation, isMet }) => ({
      subject,
      ...(expect !== undefined && { expect }),
      ok: isMet,
      ...explanation,
    })),
  }
}

function showOne({ print }: Invocation, { explanation, expect, isMet }: Outcome): void {
  print.line(explanation.text)
  for (const { path, why } of explanation.misses) print.line(`  ${path}: ${why}`)
  if (!isMet) print.note(`expected ${expect}`)
}

function showTable({ print }: Invocation, outcomes: readonly Outcome[]): void {
  const failed = outcomes.filter(({ isMet }) => !isMet)
  if (failed.length > 0) {
    print.table(
      ['QUESTION', 'EXPECTED', 'DECIDED', 'BY'],
      failed.map(({ subject, expect, explanation }) => [
        describeSubject(subject),
        expect ?? '',
        explanation.verdict,
        explanation.rule?.path ?? explanation.because,
      ]),
      '',
    )
  }
  print.line(`${outcomes.length - failed.length} of ${outcomes.length} as expected`)
}

function describeRules({ rules }: VisibilityPolicy): string {
  const { contexts, methods, peers } = rules
  return `the rules are good: ${contexts.length} for contexts, ${methods.length} for methods, ${peers.length} for peers, default ${rules.default}`
}
