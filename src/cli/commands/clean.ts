import { stat } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { Option } from 'commander'
import { openRejects } from '../../adapters/files/rejects.js'
import { besides } from '../../adapters/files/target.js'
import { openWriter } from '../../adapters/files/writer.js'
import type { TokenizerKind } from '../../adapters/tokenizer/file-kind.js'
import { openMasker } from '../../adapters/tokenizer/open-masker.js'
import { SteerflowError } from '../../domain/errors.js'
import { cleanFile } from '../clean-file.js'
import type { Session, Verb } from '../command.js'
import { endFile } from '../file-end.js'
import {
  outputName,
  type PromptTokenFlags,
  promptTokensOf,
  threadCount,
  wholeNumber,
  withPromptTokens,
} from '../flags.js'
import { progress } from '../render/progress.js'
import { tellWaits } from '../render/waits.js'
import { Waits } from '../../runtime/waits.js'

interface Flags extends PromptTokenFlags {
  readonly datasetFile: string
  readonly outputFile: string
  readonly library?: string
  readonly modelFile: string
  readonly seqLen: number
  readonly threads: number
  readonly strict?: true
}

/** The command line of the original data_clean script: same flags, same bytes, same lines on standard output. */
export const clean: Verb = (program, session) => {
  const command = program
    .command('clean')
    .summary('Remove conversations without a learnt token (data_clean.py).')
    .description(
      `Keeps the conversations with at least one learnt token within the sequence length and removes the others.
Lines that are not JSON objects are listed in <output>.rejected.jsonl; the exit code is then 3, and also when no
conversation is left.
Standard output lists the removed lines; standard error shows progress.`,
    )
    .requiredOption(
      '--dataset-file <file>',
      'conversations as JSON lines, a JSON array or Parquet, also packed; - is standard input',
    )
    .requiredOption('--output-file <file>', 'kept conversations; compressed if the name ends with .gz', outputName)
    .option('--library <name>', 'sentencepiece or huggingface; default: by the file')
    .requiredOption('--model-file <file>', 'tokenizer.json or SentencePiece .model file')
    .option('--model-name <name>', 'ignored, as in the original with sentencepiece')
    .option('--seq-len <tokens>', 'tokens per conversation that the trainer reads', wholeNumber(0), 4096)
  withPromptTokens(command)
    .addOption(
      new Option('--threads <count>', 'tokenizer threads')
        .argParser(threadCount)
        .default(availableParallelism(), 'one per core'),
    )
    .option('--strict', 'stop at the first line that is not a JSON object and write nothing')
    .addHelpText(
      'after',
      `
Examples:
  steerflow clean --dataset_file=out_train.jsonl --output_file=train.jsonl --library=sentencepiece \\
    --model_file=examples/data/tokenizer.model.v1 --seq_len=4096
  steerflow clean --dataset-file in.jsonl.gz --output-file out.jsonl.gz --model-file tokenizer.model \\
    --system-turn-start '\\x00' --turn-start '\\x11' --label-start '\\x12'`,
    )
    .action((flags: Flags) => run(flags, session))
}

/** The original's names of tokenizer libraries, and the files that they read. */
const kinds: Readonly<Record<string, TokenizerKind>> = { sentencepiece: 'sentencepiece', huggingface: 'json' }

async function run(flags: Flags, session: Session): Promise<void> {
  const { library } = flags
  if (library !== undefined && !Object.hasOwn(kinds, library)) {
    const known = Object.keys(kinds).join(' or ')
    throw new SteerflowError('STEERFLOW_USAGE', `--library ${library} is not supported; use ${known} with --model-file`)
  }
  const rejectsOf = await besides(flags.outputFile)
  const { size } = flags.datasetFile === '-' ? { size: null } : await stat(flags.datasetFile).catch(notFound(flags))
  const tokens = promptTokensOf(flags)
  const { modelFile: model, threads } = flags
  const waits = new Waits(tellWaits(session))
  const masker = await waits.load(`the tokenizer ${model}`, () => openMasker({ model, tokens, threads }))
  if (library !== undefined && kinds[library] !== masker.kind) {
    await masker.close()
    const is = masker.kind === 'json' ? 'a tokenizer.json, which huggingface reads' : 'a SentencePiece model'
    throw new SteerflowError(
      'STEERFLOW_USAGE',
      `--library ${library} contradicts --model-file ${model}, ${is}: omit it`,
    )
  }
  const rejects = openRejects(rejectsOf)
  const shown = progress(session, 'clean', 'bytes', size)
  let kept = 0
  try {
    const output = await openWriter(flags.outputFile)
    try {
      const counts = await cleanFile({
        input: flags.datasetFile,
        output,
        rejects,
        masker,
        seqLen: flags.seqLen,
        strict: flags.strict ?? false,
        say: line => session.out(`${line}\n`),
        onRead: bytes => shown.add(bytes),
      })
      await output.close()
      await rejects.close()
      kept = counts.kept
      shown.done(`${counts.kept} kept, ${counts.removed} removed, ${rejects.count} rejected`)
      if (counts.first) {
        const { line, rule } = counts.first
        session.err(`${counts.unmaskable} of the removed lines cannot be masked; the first, line ${line}: ${rule}\n`)
      }
    } catch (thrown) {
      await Promise.all([output.abort(), rejects.abort()])
      throw thrown
    }
  } finally {
    await masker.close()
  }
  endFile(session, {
    output: flags.outputFile,
    holdsSomething: kept > 0,
    rejected: rejects,
    next: 'give --dataset-file conversations with learnt turns, or raise --seq-len',
  })
}

const notFound =
  ({ datasetFile }: Flags) =>
  (cause: unknown): never => {
    throw new SteerflowError('STEERFLOW_INPUT_NOT_FOUND', `${datasetFile} cannot be read`, { cause })
  }
