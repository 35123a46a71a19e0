import { Option } from 'commander'
import { followEndpoints } from '../../adapters/inference/endpoints/follow.js'
import { isReadOnce } from '../../adapters/files/spool.js'
import { openFleet, type Fleet } from '../../adapters/inference/fleet.js'
import { attributeSet, type AttributeSet } from '../../domain/attributes.js'
import type { TokenPrice } from '../../domain/cost.js'
import { loadSentencePiece } from '../../adapters/tokenizer/sentencepiece.js'
import { estimate } from '../annotate-file/estimate.js'
import { estimateJson, estimateText } from '../render/estimate.js'
import { reportFleet } from '../render/fleet-report.js'
import { shippedTokenizer } from '../run/capabilities.js'
import type { AnnotatedTurns } from '../../domain/prompt.js'
import { annotateFile } from '../annotate-file/annotate-file.js'
import { countLines } from '../annotate-file/count-lines.js'
import type { Session, Verb } from '../command.js'
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
import { progress, type Progress } from '../render/progress.js'
import { tellServers } from '../render/waits.js'

interface Flags extends PromptTokenFlags, ServerFlags {
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

/** The original attribute_annotate script's command line: same flags, same labels, nothing lost. */
export const annotate: Verb = (program, session) => {
  const command = program
    .command('annotate')
    .summary('predict the attributes of every turn with value model servers (attribute_annotate.py)')
    .description(
      `Asks value model servers for the attributes of every turn and writes the conversations in the order of the input;
the label that a turn had moves to gt_label. A run that was stopped goes on where it was when it is started again with the
same files. Records that cannot be annotated are reported in <output>.rejected.jsonl; the exit code is then 3, as it is
when nothing is annotated at all.
While no server answers it waits, and after --retry-for it ends with exit code 1 and keeps what is done.`,
    )
    .option('--input-file-name <file>', 'conversations, JSON lines; gzip is recognised', 'input.jsonl')
    .option(
      '--output-file-name <file>',
      'annotated conversations; compressed when it ends with .gz',
      outputName,
      'output.jsonl',
    )
    .option(
      '--batch-size <prompts>',
      'prompts in one request, up to 128 (default: the best number, found by trying)',
      wholeNumber(1),
    )
    .option(
      '--concurrency <requests>',
      'requests at a time at each server (default: the best number, found by trying)',
      wholeNumber(1),
    )
    .option('--process-lang <boolean>', 'predict the language too', pythonBoolean, true)
    .option('--attribute-set <name>', 'attributes to predict, instead of the twelve (and lang) of the original')
    .option(
      '--protocol <name>',
      'auto: one call a turn where the model gives whole lines; per-attribute: the requests of the original',
      oneOf('auto', 'per-attribute'),
      'auto',
    )
    .option(
      '--turns <which>',
      'turns to annotate: all, as the original, or assistant',
      oneOf('all', 'assistant'),
      'all',
    )
    .addOption(
      new Option('--retry-for <seconds>', 'how long to wait while no server answers, or forever')
        .argParser(secondsOrForever)
        .default(60_000, '60'),
    )
    .option('--deadline <seconds>', 'time for one answer', wholeNumber(1), 120)
    .option('--strict', 'stop at the first record that cannot be annotated; what is done is kept')
    .option('--retry-rejected', 'ask again for the lines that an earlier run rejected; the others stay as they are')
    .option(
      '--verify <share>',
      'of so many turns, e.g. 1%, ask the attributes one by one too, and report what differs',
      share,
      0,
    )
    .option('--estimate', 'say how many calls and tokens it will take, and what they cost; no server is asked')
    .option('--token-price <prompt,completion>', 'prices of a million tokens, for the cost', tokenPrice)
    .option('--json', 'with --estimate: print JSON')
  withPromptTokens(withServers(command))
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
  steerflow annotate --input-file-name in.jsonl --estimate --token-price 0.5,1.5
  steerflow annotate --protocol per-attribute --process_lang=False`,
    )
    .action((flags: Flags) => (flags.estimate ? runEstimate(flags, session) : run(flags, session)))
}

const attributeSetOf = (flags: Flags): AttributeSet =>
  attributeSet(flags.attributeSet ?? (flags.processLang ? 'oasst-12-lang@1' : 'oasst-12@1'))

/** What it will take, before anything is spent. */
async function runEstimate(flags: Flags, session: Session): Promise<void> {
  const made = await estimate({
    input: flags.inputFileName,
    set: attributeSetOf(flags),
    tokens: promptTokensOf(flags),
    protocol: flags.protocol,
    turns: flags.turns,
    encode: await loadSentencePiece(shippedTokenizer),
  })
  await session.out(flags.json ? estimateJson(made, flags.tokenPrice) : estimateText(made, flags.tokenPrice))
}

async function run(flags: Flags, session: Session): Promise<void> {
  const sources = serverEntries(flags)
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
  // One prompt at a time means one record at a time: the order of the requests is then the original's.
  const inOrder = flags.concurrency === 1 && batch === 1
  let shown: Progress | undefined
  const watch = setInterval(() => shown?.add(0, undefined, trouble(fleet)), 1000)
  try {
    const { rejected, rejectedPath, holdsSomething } = await annotateFile({
      input: flags.inputFileName,
      output: flags.outputFileName,
      model: fleet.pinned('file'),
      turns: flags.turns,
      strict: flags.strict,
      retryRejected: flags.retryRejected,
      window: () => (inOrder ? Math.max(1, fleet.models().length) : fleet.conversations()),
      begin: async earlier => {
        if (earlier) await session.out(`Loaded ${earlier.annotated} existing requests\n`)
        if (earlier && earlier.rejected > 0) {
          session.err(`${earlier.rejected} lines stay rejected; --retry-rejected takes them again\n`)
        }
        const done = earlier ? earlier.annotated + earlier.rejected : 0
        shown = progress(session, 'annotate', 'records', total === null ? null : total - done)
      },
      advanced: () => shown?.add(1, undefined, trouble(fleet)),
    })
    const { calls, turnsScored, prefixesReused } = fleet.stats()
    shown?.done(`${turnsScored} turns, ${prefixesReused} known already, ${calls} calls, ${rejected} rejected`)
    reportFleet(session, fleet.stats(), flags.tokenPrice)
    endFile(session, {
      output: flags.outputFileName,
      holdsSomething,
      rejected: { count: rejected, path: rejectedPath },
      next: 'give --input-file-name conversations; --retry-rejected asks again for what servers refused',
    })
  } finally {
    clearInterval(watch)
    following.stop()
    await fleet.close()
  }
}

/** A note on an outage, while there is one. */
const trouble = (fleet: Fleet): string | undefined => {
  const outageMs = fleet.outageMs()
  return outageMs === null || outageMs < 1000 ? undefined : 'no server answers, waiting'
}
