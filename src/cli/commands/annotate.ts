import { Option } from 'commander'
import { followEndpoints } from '../../adapters/inference/endpoints/follow.js'
import { isReadOnce } from '../../adapters/files/local.js'
import { openFleet, type Fleet } from '../../adapters/inference/fleet.js'
import { attributeSet, type AttributeSet } from '../../domain/attributes.js'
import type { TokenPrice } from '../../domain/cost.js'
import { loadSentencePiece } from '../../adapters/tokenizer/sentencepiece.js'
import { estimate } from '../annotate-file/estimate.js'
import { estimateJson, estimateText } from '../render/estimate.js'
import { reportFleet } from '../render/fleet-report.js'
import { shippedTokenizer } from '../run/capabilities.js'
import { onDoubt, serverRefusal, valueModelChecks, watched } from '../run/server-refusal.js'
import { longestTimer } from '../../domain/duration.js'
import { SteerflowError } from '../../domain/errors.js'
import { race } from '../../runtime/concurrency.js'
import type { AnnotatedTurns } from '../../domain/prompt.js'
import { annotateFile } from '../annotate-file/annotate-file.js'
import { countLines } from '../annotate-file/count-lines.js'
import { exitCodes, type Session, type Verb } from '../command.js'
import { endFile } from '../file-end.js'
import {
  oneOf,
  outputName,
  type PromptTokenFlags,
  promptTokensOf,
  pythonBoolean,
  secondsOrForever,
  share,
  tokenPrice,
  wholeNumber,
  withPromptTokens,
} from '../flags.js'
import { serverEntries, type ServerFlags, withServers } from '../annotate-file/servers.js'
import { type ConfigFlags, flowIn, flowOption } from '../options.js'
import { progress, type Progress } from '../render/progress.js'
import { tellServers } from '../render/waits.js'

interface Flags extends PromptTokenFlags, ServerFlags, Pick<ConfigFlags, 'flow'> {
  readonly inputFileName: string
  readonly outputFileName: string
  readonly batchSize?: number
  readonly concurrency?: number
  readonly processLang: boolean
  readonly attributeSet?: string
  readonly protocol: 'auto' | 'per-attribute'
  readonly turns: AnnotatedTurns
  readonly retryFor: number | null
  readonly deadline: number
  readonly strict?: true
  readonly retryRejected?: true
  readonly verify: number
  readonly estimate?: true
  readonly tokenPrice?: TokenPrice
  readonly json?: true
}

/** The command line of the original attribute_annotate script: same flags, same labels, and it resumes after a stop. */
export const annotate: Verb = (program, session) => {
  const command = program
    .command('annotate')
    .summary('Predict the attributes of every turn with value model servers (attribute_annotate.py).')
    .description(
      `Asks value model servers for the attributes of every turn and writes the conversations in input order. The previous
label of a turn moves to gt_label. A stopped run resumes when it is started again with the same files.
Records that cannot be annotated are listed in <output>.rejected.jsonl; the exit code is then 3, and also when nothing
was annotated.
While no server answers, the command waits; after --retry-for it ends with exit code 1 and keeps the finished records.`,
    )
    .option(
      '--input-file-name <file>',
      'conversations as JSON lines, a JSON array or Parquet, also packed',
      'input.jsonl',
    )
    .option(
      '--output-file-name <file>',
      'annotated conversations; compressed if the name ends with .gz',
      outputName,
      'output.jsonl',
    )
    .option('--batch-size <prompts>', 'prompts per request, up to 128 (default: tuned at run time)', wholeNumber(1))
    .option('--concurrency <requests>', 'requests in flight per server (default: tuned at run time)', wholeNumber(1))
    .option('--process-lang <boolean>', 'also predict the language', pythonBoolean, true)
    .option('--attribute-set <name>', 'attributes to predict, in place of the original twelve (and lang)')
    .option(
      '--protocol <name>',
      'auto: one call per turn if the model writes whole label lines; per-attribute: the original requests',
      oneOf('auto', 'per-attribute'),
      'auto',
    )
    .option(
      '--turns <which>',
      'turns to annotate: all (as the original does) or assistant',
      oneOf('all', 'assistant'),
      'all',
    )
    .addOption(
      new Option('--retry-for <seconds>', 'how long to wait while no server answers; or forever')
        .argParser(secondsOrForever)
        .default(60_000, '60'),
    )
    .option('--deadline <seconds>', 'time limit of one answer', wholeNumber(1, longestTimer), 120)
    .option('--strict', 'stop at the first record that cannot be annotated; finished records are kept')
    .option('--retry-rejected', 'retry the lines that an earlier run rejected, and only these')
    .option(
      '--verify <share>',
      'for this share of turns (e.g. 1%), also ask for attributes one by one and report differences',
      share,
      0,
    )
    .option('--estimate', 'estimate calls, tokens and cost without asking a server')
    .option('--token-price <prompt,completion>', 'prices per million tokens, for the cost', tokenPrice)
    .option('--json', 'with --estimate: print JSON')
  withPromptTokens(withServers(command).addOption(flowOption()))
    .addHelpText(
      'after',
      `
Examples:
  steerflow annotate --input_file_name=train.jsonl --output_file_name=annotated.jsonl --port_num=1424
  steerflow annotate --input-file-name in.jsonl.gz --output-file-name out.jsonl.gz \\
    --endpoints http://gpu1:1424 http://gpu2:1424 --concurrency 16 --retry-for forever
  steerflow annotate --endpoints http://gpu1:8000 --server-protocol openai-completions \\
    --model-name my-model --guided regex-vllm --api-key-env API_KEY
  steerflow annotate --endpoints-file servers.yaml --verify 1%
  steerflow annotate --endpoints http://gpu1:8000 --flow flow.js --server-protocol rater
  steerflow annotate --input-file-name in.jsonl --estimate --token-price 0.5,1.5
  steerflow annotate --protocol per-attribute --process_lang=False`,
    )
    .action((flags: Flags) => (flags.estimate ? runEstimate(flags, session) : run(flags, session)))
}

const attributeSetOf = (flags: Flags): AttributeSet =>
  attributeSet(flags.attributeSet ?? (flags.processLang ? 'oasst-12-lang@1' : 'oasst-12@1'))

/** Estimates calls, tokens and cost without asking a server. */
async function runEstimate(flags: Flags, session: Session): Promise<void> {
  const made = await estimate({
    input: flags.inputFileName,
    set: attributeSetOf(flags),
    tokens: promptTokensOf(flags),
    protocol: flags.protocol,
    turns: flags.turns,
    encode: await loadSentencePiece(shippedTokenizer),
  })
  if (made.records > 0 && made.turns === 0) sayNoTurns(session, flags)
  else if (made.turns === 0) {
    session.err(`${flags.inputFileName}: none of its ${made.rejected} records can be annotated\n`)
    session.exit(exitCodes.rejected)
  }
  await session.out(flags.json ? estimateJson(made, flags.tokenPrice) : estimateText(made, flags.tokenPrice))
}

async function run(flags: Flags, session: Session): Promise<void> {
  const sources = serverEntries(flags, flowIn(flags).protocols)
  const set = attributeSetOf(flags)
  const batch = flags.batchSize ?? (flags.protocol === 'per-attribute' ? 1 : undefined)
  const total = (await isReadOnce(flags.inputFileName)) ? null : await countLines(flags.inputFileName)
  const fleet = openFleet({
    endpoints: [],
    attributeSet: set,
    tokens: promptTokensOf(flags),
    protocol: flags.protocol,
    ...(flags.concurrency === undefined ? {} : { inFlight: flags.concurrency }),
    ...(batch === undefined ? {} : { batch }),
    deadlineMs: flags.deadline * 1000,
    retryForMs: flags.retryFor,
    verify: flags.verify,
    report: tellServers(session),
  })
  const following = await followEndpoints(sources, { fleet, set, report: tellServers(session) })
  // With one prompt at a time, records go one at a time too, and requests keep the order of the original.
  const inOrder = flags.concurrency === 1 && batch === 1
  let shown: Progress | undefined
  const worked = { lines: 0, turns: 0 }
  const asked = { key: 'annotate', set, tokens: promptTokensOf(flags), flags: named } as const
  const checks = () => valueModelChecks(sources, asked, () => fleet.stats().endpoints)
  // Guided decoding is checked at once: a server that ignores it answers all the same.
  const notRefused = flags.guided === undefined ? onDoubt(checks, () => fleet.outage()) : serverRefusal(checks())
  const { refused, release } = watched(notRefused, ({ message }) => new SteerflowError('STEERFLOW_USAGE', message))
  const watch = setInterval(() => shown?.add(0, undefined, trouble(fleet)), 1000)
  let annotated: ReturnType<typeof annotateFile> | undefined
  try {
    annotated = annotateFile({
      input: flags.inputFileName,
      output: flags.outputFileName,
      model: fleet.pinned('file'),
      turns: flags.turns,
      strict: flags.strict,
      retryRejected: flags.retryRejected,
      window: () => (inOrder ? Math.max(1, fleet.models().length) : fleet.requests()),
      begin: async earlier => {
        if (earlier) await session.out(`Loaded ${earlier.annotated} existing requests\n`)
        if (earlier && earlier.rejected > 0) {
          session.err(`${earlier.rejected} lines stay rejected; --retry-rejected retries them\n`)
        }
        const done = earlier ? earlier.annotated + earlier.rejected : 0
        shown = progress(session, 'annotate', 'records', total === null ? null : total - done)
      },
      advanced: scored => {
        if (scored !== null) worked.lines++
        worked.turns += scored ?? 0
        shown?.add(1, undefined, trouble(fleet))
      },
    })
    const { rejected, rejectedPath, holdsSomething } = await race<[typeof annotated, typeof refused]>([
      annotated,
      refused,
    ])
    const { calls, turnsScored, prefixesReused } = fleet.stats()
    shown?.done(`${turnsScored} turns, ${prefixesReused} already known, ${calls} calls, ${rejected} rejected`)
    reportFleet(session, fleet.stats(), flags.tokenPrice)
    if (worked.lines > 0 && worked.turns === 0) sayNoTurns(session, flags)
    endFile(session, {
      output: flags.outputFileName,
      holdsSomething,
      rejected: { count: rejected, path: rejectedPath },
      next: 'give conversations to --input-file-name; --retry-rejected retries the records that servers refused',
    })
  } finally {
    clearInterval(watch)
    release()
    following.stop()
    await fleet.close()
    // Where servers refuse everything, it ends with the fleet.
    await annotated?.catch(() => undefined)
  }
}

/** The flags that name servers, for messages. */
const named = {
  servers: '--endpoints',
  correct: '--endpoints, --server-protocol, --model-name, --guided or the API key',
} as const

/** Reports that no turn of the input is one to score; the command then ends with exit code 3. */
function sayNoTurns(session: Session, { turns, inputFileName }: Flags): void {
  session.err(
    `no turn was scored: ${inputFileName} has none to score with --turns ${turns}. The masked speaker is the user (mask), all others are the assistant\n`,
  )
  session.exit(exitCodes.rejected)
}

/** Note on the current outage, if there is one. */
const trouble = (fleet: Fleet): string | undefined => {
  const outage = fleet.outage()
  return outage === null || outage.ms < 1000 ? undefined : 'no server answers, waiting'
}
