import { availableParallelism } from 'node:os'
import { InvalidArgumentError, Option } from 'commander'
import { defaultMaxLineBytes, lineBytesBounds } from '../../adapters/files/lines.js'
import type { ConversationType } from '../../domain/conversation.js'
import { defaultFanout } from '../../domain/fanout.js'
import { pythonRepr } from '../../domain/json/python-repr.js'
import { recipes } from '../../domain/oasst/recipe.js'
import type { Session, Verb } from '../command.js'
import { endFile } from '../file-end.js'
import { outputName, threadCount, wholeNumber } from '../flags.js'
import { preprocessFile } from '../preprocess-file/run.js'
import { type Progress, progress } from '../render/progress.js'

interface Flags {
  readonly inputFile: string
  readonly outputFilePrefix: string
  readonly maskRole: string
  readonly type?: ConversationType
  readonly splitRatio: number
  readonly seed: bigint
  readonly recipe: 'nemo' | 'nemo-aligner'
  readonly gzip?: true
  readonly strict?: true
  readonly workers: number
  readonly maxLineBytes: number
  readonly maxPaths: number
  readonly maxTurns: number
  readonly maxBytes: number
}

function integer(text: string): bigint {
  if (/^[+-]?\d+$/.test(text)) return BigInt(text)
  throw new InvalidArgumentError('It must be a whole number.')
}

function share(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && value >= 0 && value <= 1) return value
  throw new InvalidArgumentError('It must be a number from 0 to 1.')
}

/** The command line of the original preprocessing script: same flags, same bytes, same line on standard output. */
export const preprocess: Verb = (program, session) => {
  program
    .command('preprocess')
    .summary('Turn message trees into conversations (preprocessing.py).')
    .description(
      `Shuffles OpenAssistant message trees, splits them, and writes a conversation for each path from the root to a leaf,
with human ratings as label lines: <prefix>_train.jsonl and <prefix>_val.jsonl.
A line that would crash the original is listed in <prefix>.rejected.jsonl and keeps its place in the shuffle and the
split; the exit code is then 3, and also when there is no conversation.`,
    )
    .requiredOption(
      '--input-file <file>',
      'message trees as JSON lines, a JSON array or Parquet, also packed; - is standard input',
    )
    .requiredOption('--output-file-prefix <prefix>', 'path and beginning of the names of the output files', outputName)
    .option('--mask-role <speaker>', 'speaker whose turns are not learnt', 'User')
    .addOption(
      new Option('--type <type>', 'what the model learns of a reply: its attributes or its text')
        .choices(['TEXT_TO_VALUE', 'VALUE_TO_TEXT'])
        .default(undefined, 'TEXT_TO_VALUE; nemo-aligner: VALUE_TO_TEXT'),
    )
    .option('--split-ratio <share>', 'fraction of the trees that goes to the training split', share, 0.95)
    .addOption(new Option('--seed <number>', 'seed of the shuffle').argParser(integer).default(10n, '10'))
    .addOption(
      new Option(
        '--recipe <name>',
        "script to match: NeMo's preprocessing.py, or NeMo-Aligner's preprocess_openassistant_data.py",
      )
        .choices(['nemo', 'nemo-aligner'])
        .default('nemo'),
    )
    .option('--gzip', 'compress the output files and add .gz to their names')
    .option('--strict', 'stop at the first line that cannot be converted and write nothing')
    .addOption(
      new Option('--workers <count>', 'worker threads')
        .argParser(threadCount)
        .default(Math.min(availableParallelism(), 8), 'one per core, at most 8'),
    )
    .option(
      '--max-line-bytes <bytes>',
      'length limit of a line; longer lines are rejected',
      wholeNumber(lineBytesBounds.least, lineBytesBounds.most),
      defaultMaxLineBytes,
    )
    .option('--max-paths <count>', 'limit on conversations per tree', wholeNumber(1), defaultFanout.paths)
    .option('--max-turns <count>', 'limit on turns per conversation', wholeNumber(1), defaultFanout.turns)
    .option(
      '--max-bytes <bytes>',
      'limit on the bytes of text that a tree expands to',
      wholeNumber(1),
      defaultFanout.bytes,
    )
    .addHelpText(
      'after',
      `
Examples:
  steerflow preprocess --input_file=2023-04-12_oasst_all.trees.jsonl --output_file_prefix=out --mask_role=User \\
    --type=TEXT_TO_VALUE --split_ratio=0.95 --seed=10
  zcat trees.jsonl.gz | steerflow preprocess --input-file - --output-file-prefix out --type VALUE_TO_TEXT --gzip`,
    )
    .action((flags: Flags) => run(flags, session))
}

async function run(flags: Flags, session: Session): Promise<void> {
  let shown: Progress | null = null
  const summary = await preprocessFile({
    input: flags.inputFile,
    prefix: flags.outputFilePrefix,
    mask: flags.maskRole,
    type: flags.type ?? recipes[flags.recipe].type,
    ratio: flags.splitRatio,
    seed: flags.seed,
    recipe: flags.recipe,
    gzip: flags.gzip ?? false,
    strict: flags.strict ?? false,
    workers: flags.workers,
    maxLineBytes: flags.maxLineBytes,
    bounds: { paths: flags.maxPaths, turns: flags.maxTurns, bytes: flags.maxBytes },
    onIndexed: lines => {
      shown = progress(session, 'preprocess', 'trees', lines)
    },
    onDone: lines => shown?.add(lines),
  })
  const { train, validation, rejected, langs } = summary
  ;(shown as Progress | null)?.done(`${train} train, ${validation} validation, ${rejected} rejected`)
  if (langs.length > 0) await session.out(`lang values: [${langs.map(pythonRepr).join(', ')}]\n`)
  endFile(session, {
    output: flags.outputFilePrefix,
    holdsSomething: train + validation > 0,
    rejected: { count: rejected, path: summary.rejectedPath },
    next: `give --input-file message trees with replies; steerflow ingest reads other formats`,
  })
}
