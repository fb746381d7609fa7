import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { assertSeparateTenants } from '../project/assert-separate-tenants.ts'
import { describeIssue } from '../project/describe-issue.ts'
import { projectSchema } from '../project/project-schema.ts'
import type { Project } from '../project/project.ts'

const fileSchema = z.strictObject({
  $schema: z.string().optional(),
  projects: z.array(projectSchema).max(10_000),
})

/** A projects file that cannot be used. The message names the file and the place in it, never a value. */
export class ProjectsFileError extends Error {
  override readonly name: string = 'ProjectsFileError'
  /** One line per problem, each with its JSON path. */
  readonly problems: readonly string[]

  constructor(path: string, problems: readonly string[]) {
    super(`${path}: ${problems.join('; ')}`)
    this.problems = problems
  }
}

/**
 * Reads projects from a JSON file `{ "projects": [ … ] }`.
 *
 * @throws ProjectsFileError when the file cannot be read, is not JSON, has the wrong shape, or its projects are not
 *   separate (shared hosts, or tokens that would open two projects)
 */
export async function loadProjectsFile(path: string): Promise<Project[]> {
  const parsed = fileSchema.safeParse(parseJson(path, await readText(path)))
  if (!parsed.success) throw new ProjectsFileError(path, parsed.error.issues.map(describeIssue))
  try {
    assertSeparateTenants(parsed.data.projects)
  } catch (error) {
    throw new ProjectsFileError(path, [(error as Error).message])
  }
  return parsed.data.projects
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException
    throw new ProjectsFileError(path, [`cannot be read (${code})`])
  }
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    // The parser quotes the text around the mistake, which may be a secret; only the position is passed on.
    const position = /position (\d+)/.exec((error as Error).message)?.[1]
    const line = position === undefined ? undefined : text.slice(0, Number(position)).split('\n').length
    throw new ProjectsFileError(path, [line === undefined ? 'is not JSON' : `is not JSON (line ${line})`])
  }
}
