import { Command, CommanderError } from 'commander'
import { asSteerflowError, explain } from '../domain/errors.js'
import { exitCodeOf, exitCodes, type ExitCode, type Io, nextOf, type Session, type Verb } from './command.js'
import { annotate } from './commands/annotate.js'
import { ask } from './commands/ask.js'
import { baseline } from './commands/baseline.js'
import { bootstrap } from './commands/bootstrap.js'
import { clean } from './commands/clean.js'
import { completion } from './commands/completion.js'
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
import { type Flow } from '../flow.js'
import { flowOf } from './load-flow.js'
import { signalCode } from './run/interrupts.js'
import { ReaderGone } from './output/output.js'
import { openSession, type OpenSession } from './output/session.js'
import { version } from './version.js'

/** Every verb by its group, in the order of the help page. */
const groups: Readonly<Record<string, readonly Verb[]>> = {
  Start: [quickstart, init, score, ask, completion],
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

/** The end of every help page. */
export const exitLine =
  '\nExit codes: 0 done, 1 failed, 2 called wrongly, 3 not all that was asked for is there, 128+n by a signal; see docs/cli.md.'

/**
 * The whole command line, ready to parse; the docs are generated from it.
 * @param given the flow of the program that runs it; null: what the configuration names
 */
export function buildProgram(session: Session, given: Flow | null = null): Command {
  const program = new Command('steerflow')
    .description('The streaming data plane for SteerLM.')
    .version(version(), '--version', 'print the version')
    .exitOverride()
    .configureOutput({
      writeOut: text => void session.out(text).catch(() => undefined),
      writeErr: text => session.err(text),
    })
    .showSuggestionAfterError()
    .addHelpText('afterAll', exitLine)
    .hook('preAction', async (_, command) => {
      // What keeps it from being loaded is told where the command asks for its configuration: there errors are logged.
      if (command.options.some(({ long }) => long === '--flow'))
        command.setOptionValue(
          'flow',
          await flowOf(command.opts(), process.env, given).catch((error: unknown) => error),
        )
    })
  for (const [heading, verbs] of Object.entries(groups)) {
    program.commandsGroup(`${heading}:`)
    for (const verb of verbs) verb(program, session)
  }
  return program
}

const nothing = (): void => undefined
const nowhere: Io = { out: nothing, err: nothing, interactive: false, columns: 80 }

/**
 * Runs one command line and returns its exit code, when everything that it printed is with its reader. Errors are printed
 * with their code, cause and next step; a reader that has gone away is none. What `io` leaves out is not printed.
 * @param flow the pipeline that every command works on; left out: the one that the configuration names
 */
export async function main(
  argv: readonly string[],
  io: Partial<Io>,
  { flow = null }: { readonly flow?: Flow | null } = {},
): Promise<number> {
  const session = openSession({ ...nowhere, ...io })
  const ran = { name: '' }
  const code = await execute(argv, session, flow, ran)
  await session.settled()
  if (session.failure === null) return code
  return session.failure instanceof ReaderGone ? exitCodes.brokenPipe : told(session, session.failure, ran.name)
}

/** @param ran is told the name of the command that the line is of */
async function execute(
  argv: readonly string[],
  session: OpenSession,
  flow: Flow | null,
  ran: { name: string },
): Promise<number> {
  try {
    const program = buildProgram(session, flow)
    program.hook('preAction', (_, command) => void (ran.name = fullName(command)))
    await program.parseAsync(argv.map(dashed), { from: 'user' })
    return session.code
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? exitCodes.done : exitCodes.usage
    const signalled = signalCode()
    if (signalled !== null && isAbort(thrown)) return signalled
    // Whatever came of results that cannot be written is told by `main`, once.
    return session.failure === null ? told(session, thrown, ran.name) : exitCodes.failed
  }
}

/** Whether an error is nothing but the end that was asked for. */
const isAbort = (thrown: unknown): boolean =>
  thrown instanceof Error && (thrown.name === 'AbortError' || isAbort(thrown.cause))

/** The name of a command behind the program's, such as `jobs list`. */
const fullName = (command: Command): string =>
  command.parent ? `${fullName(command.parent)} ${command.name()}`.trim() : ''

/** Prints an error and returns the exit code for it. */
function told(session: Session, thrown: unknown, command: string): ExitCode {
  const error = asSteerflowError(thrown)
  session.err(`${error.code}: ${explain(error)}\n  next: ${nextOf(error, command)}\n`)
  return exitCodeOf(error)
}
