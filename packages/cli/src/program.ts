import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { clientDelete } from './client/delete.ts'
import { clientDisable } from './client/disable.ts'
import { clientEnable } from './client/enable.ts'
import { clientList } from './client/list.ts'
import { clientRegister } from './client/register.ts'
import { clientRotateSecret } from './client/rotate-secret.ts'
import { clientShow } from './client/show.ts'
import { clientUpdate } from './client/update.ts'
import { deadLetterDrop } from './dead-letter/drop.ts'
import { deadLetterList } from './dead-letter/list.ts'
import { deadLetterReplay } from './dead-letter/replay.ts'
import { deadLetterShow } from './dead-letter/show.ts'
import { dev } from './dev/dev.ts'
import { doctor } from './doctor/doctor.ts'
import { init } from './init/init.ts'
import type { Invocation } from './invocation.ts'
import { keyCreate } from './key/create.ts'
import { keyList } from './key/list.ts'
import { keyRevoke } from './key/revoke.ts'
import { keyRotate } from './key/rotate.ts'
import { login } from './login/login.ts'
import { logout } from './login/logout.ts'
import { whoami } from './login/whoami.ts'
import { safeText } from './output/safe-text.ts'
import { projectCreate } from './project/create.ts'
import { projectDelete } from './project/delete.ts'
import { projectList } from './project/list.ts'
import { projectSecretAdd } from './project/secret-add.ts'
import { projectSecretRemove } from './project/secret-remove.ts'
import { projectShow } from './project/show.ts'
import { projectTestToken } from './project/test-token.ts'
import { projectUpdate } from './project/update.ts'
import { rulesTest } from './rules/test.ts'
import { tokenInspect } from './token/inspect.ts'
import { tokenMint } from './token/mint.ts'
import { workspaceCreate } from './workspace/create.ts'
import { workspaceList } from './workspace/list.ts'

type MakeCommand = (invocation: Invocation) => Command

/** The program with all of its commands. */
export function createProgram(invocation: Invocation): Command {
  const { stdout, stderr } = invocation
  const make = (list: readonly MakeCommand[]): Command[] => list.map((one) => one(invocation))
  const group = (name: string, summary: string, list: readonly (MakeCommand | Command)[]): Command => {
    const parent = new Command(name).summary(summary).description(summary)
    for (const one of list) parent.addCommand(one instanceof Command ? one : one(invocation))
    return parent
  }
  const program = new Command('portcullis')
    .description(
      'The command line of Portcullis. Exits with 0, with 1 when something failed or is wrong, with 2 when it was not understood.',
    )
    .version(version(), '-V, --version')
  const commands = [
    ...make([init, dev, doctor, login, logout, whoami]),
    group('workspace', 'what projects belong to', [workspaceList, workspaceCreate]),
    group('project', 'hosts, and how their clients prove who they are', [
      projectList,
      projectShow,
      projectCreate,
      projectUpdate,
      projectDelete,
      group('secret', 'secrets of projects of the mode jwt-secret', [projectSecretAdd, projectSecretRemove]),
      projectTestToken,
    ]),
    group('client', 'machine clients of a gateway', [
      clientRegister,
      clientList,
      clientShow,
      clientUpdate,
      clientDisable,
      clientEnable,
      clientRotateSecret,
      clientDelete,
    ]),
    group('key', 'API keys, and keys that gateways sign with', [keyList, keyCreate, keyRotate, keyRevoke]),
    group('token', 'tokens of clients', [tokenMint, tokenInspect]),
    group('rules', 'visibility rules', [rulesTest]),
    group('dlq', 'messages that workers could not handle', [
      deadLetterList,
      deadLetterShow,
      deadLetterReplay,
      deadLetterDrop,
    ]),
  ]
  for (const command of commands) program.addCommand(command)
  // Settings are not handed down to commands that were made elsewhere.
  for (const command of everyCommand(program)) {
    command
      .exitOverride()
      .helpCommand(false)
      .configureOutput({
        writeOut: (text) => void stdout.write(text),
        writeErr: (text) => void stderr.write(text),
        outputError: (text, write) => write(`${oneLine(text.trimEnd())}\n`),
      })
  }
  return program
}

function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)]
}

/** What was typed stands in these messages, in quotes; a suggestion behind them is ours, in a line of its own. */
function oneLine(text: string): string {
  return safeText(text.replace(/\n(?=\(Did you mean [^\n]*\?\)$)/, ' '))
}

function version(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}
