import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { z } from 'zod'
import { asSteerflowError, explain } from '../domain/errors.js'
import { exitCodes, type ExitCode, type Session, type Verb } from './command.js'
import { annotate } from './commands/annotate.js'
import { ask } from './commands/ask.js'
import { baseline } from './commands/baseline.js'
import { bootstrap } from './commands/bootstrap.js'
import { clean } from './commands/clean.js'
import { config } from './commands/config.js'
import { datasets } from './commands/datasets.js'
import { deadLetters } from './commands/dead-letters.js'
import { doctor } from './commands/doctor.js'
import { forget } from './commands/forget.js'
import { graph } from './commands/graph.js'
import { ingest } from './commands/ingest.js'
import { init } from './commands/init.js'
import { jobs } from './commands/jobs.js'
import { models } from './commands/models.js'
import { offsets } from './commands/offsets.js'
import { preprocess } from './commands/preprocess.js'
import { quickstart } from './commands/quickstart.js'
import { relabel } from './commands/relabel.js'
import { run } from './commands/run.js'
import { schemas } from './commands/schemas.js'
import { score } from './commands/score.js'
import { shards } from './commands/shards.js'
import { status } from './commands/status.js'
import { tap } from './commands/tap.js'
import { topics } from './commands/topics.js'
import { trace } from './commands/trace.js'

/** Every verb by its group, in the order of the help page. */
const groups: Readonly<Record<string, readonly Verb[]>> = {
  Start: [quickstart, init, score, ask],
  Pipeline: [run, ingest, status, graph, tap, config, topics, schemas, doctor],
  Data: [datasets, shards, trace, relabel, forget],
  Training: [jobs, models, bootstrap, baseline],
  Repair: [deadLetters, offsets],
  'NeMo-compatible': [preprocess, clean, annotate],
}

/** `--a_b` is the same as `--a-b`, as in the original scripts' command lines. */
const dashed = (argument: string): string =>
  /^--[a-z]+(_[a-z]+)+(=|$)/.test(argument)
    ? argument.replace(/^--[a-z_]+/, name => name.replaceAll('_', '-'))
    : argument

const packageFile = new URL('../../package.json', import.meta.url)

/** The version of this package. */
const version = (): string =>
  z.object({ version: z.string() }).parse(JSON.parse(readFileSync(packageFile, 'utf8'))).version

/** The whole command line, ready to parse; the docs are generated from it. */
export function buildProgram(session: Session): Command {
  const program = new Command('steerflow')
    .description('The streaming data plane for SteerLM.')
    .version(version(), '--version', 'print the version')
    .exitOverride()
    .configureOutput({ writeOut: text => session.out(text), writeErr: text => session.err(text) })
    .showSuggestionAfterError()
  for (const [heading, verbs] of Object.entries(groups)) {
    program.commandsGroup(`${heading}:`)
    for (const verb of verbs) verb(program, session)
  }
  return program
}

/** Runs one command line and returns its exit code. Errors are printed with their code, cause and next step. */
export async function main(argv: readonly string[], io?: Partial<Session>): Promise<number> {
  let code: ExitCode = exitCodes.done
  const session: Session = {
    out: text => void process.stdout.write(text),
    err: text => void process.stderr.write(text),
    interactive: process.stderr.isTTY,
    columns: process.stderr.columns || 80,
    exit: to => {
      code = to
    },
    ...io,
  }
  try {
    await buildProgram(session).parseAsync(argv.map(dashed), { from: 'user' })
    return code
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? exitCodes.done : exitCodes.usage
    const error = asSteerflowError(thrown)
    session.err(`${error.code}: ${explain(error)}\n  next: ${error.next}\n`)
    return error.kind === 'usage' ? exitCodes.usage : exitCodes.failed
  }
}
