import { Command, CommanderError } from 'commander'
import { asSteerflowError, explain } from '../domain/errors.js'
import { exitCodeOf, exitCodes, type ExitCode, type Io, nextOf, type Session, type Verb } from './command.js'
import type { Flow } from '../flow.js'
import type { FlowFlags } from './load-flow.js'
import { loadFailure } from './not-loaded.js'
import { signalCode } from './run/interrupts.js'
import { ReaderGone } from './output/output.js'
import { openSession, type OpenSession } from './output/session.js'
import { version } from './version.js'

/** Every command by its group, in the order of the help page. A command line loads only the command that it names. */
const groups: Readonly<Record<string, Readonly<Record<string, () => Promise<Verb>>>>> = {
  Start: {
    quickstart: async () => (await import('./commands/quickstart.js')).quickstart,
    init: async () => (await import('./commands/init.js')).init,
    score: async () => (await import('./commands/score.js')).score,
    ask: async () => (await import('./commands/ask.js')).ask,
    completion: async () => (await import('./commands/completion.js')).completion,
  },
  Pipeline: {
    run: async () => (await import('./commands/run.js')).run,
    ingest: async () => (await import('./commands/ingest.js')).ingest,
    status: async () => (await import('./commands/status.js')).status,
    graph: async () => (await import('./commands/graph.js')).graph,
    tap: async () => (await import('./commands/tap.js')).tap,
    config: async () => (await import('./commands/config.js')).config,
    topics: async () => (await import('./commands/topics.js')).topics,
    schemas: async () => (await import('./commands/schemas.js')).schemas,
    doctor: async () => (await import('./commands/doctor.js')).doctor,
  },
  Data: {
    datasets: async () => (await import('./commands/datasets.js')).datasets,
    shards: async () => (await import('./commands/shards.js')).shards,
    trace: async () => (await import('./commands/trace.js')).trace,
    relabel: async () => (await import('./commands/relabel.js')).relabel,
    forget: async () => (await import('./commands/forget.js')).forget,
  },
  Training: {
    jobs: async () => (await import('./commands/jobs.js')).jobs,
    models: async () => (await import('./commands/models.js')).models,
    bootstrap: async () => (await import('./commands/bootstrap.js')).bootstrap,
    baseline: async () => (await import('./commands/baseline.js')).baseline,
  },
  Repair: {
    'dead-letters': async () => (await import('./commands/dead-letters.js')).deadLetters,
    offsets: async () => (await import('./commands/offsets.js')).offsets,
  },
  'NeMo-compatible': {
    preprocess: async () => (await import('./commands/preprocess.js')).preprocess,
    clean: async () => (await import('./commands/clean.js')).clean,
    annotate: async () => (await import('./commands/annotate.js')).annotate,
  },
}

/** Reads `--a_b` as `--a-b`, for the spelling of the original scripts. */
const dashed = (argument: string): string =>
  /^--[a-z]+(_[a-z]+)+(=|$)/.test(argument)
    ? argument.replace(/^--[a-z_]+/, name => name.replaceAll('_', '-'))
    : argument

/** Last line of every help page. */
export const exitLine =
  '\nExit codes: 0 success, 1 failure, 2 usage error, 3 incomplete, 128+n ended by a signal; see docs/cli.md.'

/** The command that needs all others loaded. */
const ofAll = 'completion'

/**
 * The command line, ready to parse; the docs are generated from it.
 * @param line the arguments to parse: if they start with a command, only that one is loaded; default: all
 * @param given the flow of the program that runs it; null: the configured one
 */
export async function buildProgram(
  session: Session,
  { line = [], given = null }: { readonly line?: readonly string[]; readonly given?: Flow | null } = {},
): Promise<Command> {
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
      // The error from loading a flow is raised where the command reads its configuration, since errors are logged there.
      const takes = (option: string): boolean => command.options.some(({ long }) => long === option)
      if (!takes('--flow')) return
      const [{ flowOf }, { configFile }, { earlyLoads }] = await Promise.all([
        import('./load-flow.js'),
        import('./config-file.js'),
        import('./render/waits.js'),
      ])
      if (takes('--config')) command.setOptionValue('config', configFile(command.opts<FlowFlags>().config))
      const loaded = flowOf(command.opts(), process.env, given, earlyLoads(session))
      command.setOptionValue('flow', await loaded.catch((error: unknown) => error))
    })
  const all = Object.entries(groups).flatMap(([heading, verbs]) =>
    Object.entries(verbs).map(([name, load]) => ({ heading, name, load })),
  )
  const alone = all.filter(({ name }) => name === line[0] && name !== ofAll)
  for (const { heading, load } of alone.length > 0 ? alone : all) {
    program.commandsGroup(`${heading}:`)
    const verb = await load().catch((thrown: unknown) => {
      throw loadFailure(thrown)
    })
    verb(program, session)
  }
  return program
}

const nothing = (): void => undefined
const nowhere: Io = { out: nothing, err: nothing, interactive: false, columns: 80 }

/**
 * Runs one command line and returns its exit code once the reader has received all output. Errors are printed with code,
 * cause and next step; a reader that closed its end is not an error. Output that `io` leaves out is discarded.
 * @param flow the pipeline of every command; default: the configured one
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

/** @param ran receives the name of the command */
async function execute(
  argv: readonly string[],
  session: OpenSession,
  flow: Flow | null,
  ran: { name: string },
): Promise<number> {
  try {
    const line = argv.map(dashed)
    const program = await buildProgram(session, { line, given: flow })
    program.hook('preAction', (_, command) => void (ran.name = fullName(command)))
    await program.parseAsync(line, { from: 'user' })
    return session.code
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? exitCodes.done : exitCodes.usage
    const signalled = signalCode()
    if (signalled !== null && isAbort(thrown)) return signalled
    // `main` reports failed output, once.
    return session.failure === null ? told(session, thrown, ran.name) : exitCodes.failed
  }
}

/** True if an error only reflects a requested abort. */
const isAbort = (thrown: unknown): boolean =>
  thrown instanceof Error && (thrown.name === 'AbortError' || isAbort(thrown.cause))

/** A command's name without the program's, such as `jobs list`. */
const fullName = (command: Command): string =>
  command.parent ? `${fullName(command.parent)} ${command.name()}`.trim() : ''

/** Prints an error and returns the exit code for it. */
function told(session: Session, thrown: unknown, command: string): ExitCode {
  const error = asSteerflowError(thrown)
  session.err(`${error.code}: ${explain(error)}\n  next: ${nextOf(error, command)}\n`)
  return exitCodeOf(error)
}
