import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { availableParallelism } from 'node:os'
import { exportFormats } from '../../adapters/export/formats.js'
import { writeExport } from '../../adapters/export/write-export.js'
import { findSnapshot } from '../../adapters/snapshot/read-snapshot.js'
import { attributeSet } from '../../domain/attributes.js'
import { type ExportContext } from '../../domain/export/export-format.js'
import { type LabelPlace, labelPlaces } from '../../domain/export/label-place.js'
import { type Session } from '../command.js'
import { attributeSetsOf, type Config, promptTokensOf } from '../config.js'
import { wholeNumber } from '../flags.js'
import { type ConfigFlags, configOf, withConfig } from '../options.js'
import { thousands } from '../render/bars.js'
import { progress } from '../render/progress.js'
import { shippedTokenizer } from '../run/capabilities.js'

interface Flags extends ConfigFlags {
  readonly format: string
  readonly output: string
  readonly snapshot?: string
  readonly labels: LabelPlace
  readonly maxTokens?: number
  readonly threads: number
  readonly json?: true
}

/** Adds `datasets export`: a snapshot in the format of another trainer. Reads the data folder only, no log. */
export function exportCommand(group: Command, session: Session): void {
  const command = group
    .command('export')
    .summary('write a snapshot in the format of another trainer')
    .description(
      `Writes a snapshot to a new folder in another format, with a card that says what was done, and checksums.
Formats:
${exportFormats.map(({ name, summary }) => `  ${name.padEnd(12)}${summary}`).join('\n')}`,
    )
    .argument('<dataset>')
    .addOption(
      new Option('--format <name>', 'format of the rows')
        .choices(exportFormats.map(({ name }) => name))
        .makeOptionMandatory(),
    )
    .requiredOption('--output <dir>', 'the folder to make; it must not exist')
    .option('--snapshot <digest>', 'the snapshot, by the beginning of its digest (default: the latest)')
    .addOption(
      new Option('--labels <place>', 'where messages and sharegpt have the label line of a reply')
        .choices(labelPlaces)
        .default('system'),
    )
    .option('--max-tokens <count>', 'tokens of a row, where there are tokens (default: clean.seqLen)', wholeNumber(1))
    .addOption(
      new Option('--threads <count>', 'tokenizer threads')
        .argParser(wholeNumber(1))
        .default(availableParallelism(), 'one a core'),
    )
    .option('--json', 'print what was written as JSON')
    .addHelpText(
      'after',
      `
Examples:
  steerflow datasets export steerlm --format sharegpt --labels user --output out/llama-factory
  steerflow datasets export value-model --format regression --snapshot 8f3a --output out/rm`,
    )
  withConfig(command).action(async (dataset: string, flags: Flags) => {
    const config = configOf(flags)
    const root = resolve(config.dataDir)
    const manifest = await findSnapshot(root, dataset, flags.snapshot)
    const format = exportFormats.find(({ name }) => name === flags.format)!
    const bytes = manifest.splits.train.bytes + manifest.splits.validation.bytes
    const shown = progress(session, `export ${dataset} as ${format.name}`, 'bytes', bytes)
    const result = await writeExport({
      root,
      manifest,
      format,
      context: contextOf(config, manifest, flags),
      output: flags.output,
      onRead: read => shown.add(read),
    })
    const rows = `${thousands(result.rows.train)} train rows, ${thousands(result.rows.validation)} validation rows`
    shown.done(rows)
    if (flags.json) {
      session.out(`${JSON.stringify({ output: resolve(flags.output), snapshot: manifest.digest, ...result })}\n`)
      return
    }
    session.out(`${flags.output}: ${rows} from snapshot ${manifest.digest}\n`)
    for (const [what, count] of Object.entries(result.counts)) session.out(`  ${what}: ${thousands(count)}\n`)
  })
}

/** What the configuration and the flags say to every format. */
function contextOf(config: Config, snapshot: ExportContext['snapshot'], flags: Flags): ExportContext {
  const { dataset, digest, path, train, validation, attribute_set } = snapshot
  const names = attribute_set === '' ? [] : attribute_set.split(', ')
  return {
    snapshot: { dataset, digest, path, train, validation, attribute_set },
    attributeSets: names.map(name => attributeSet(name, attributeSetsOf(config))),
    labels: flags.labels,
    promptTokens: promptTokensOf(config),
    tokenizer: config.clean.tokenizer || shippedTokenizer,
    threads: flags.threads,
    maxTokens: flags.maxTokens ?? config.clean.seqLen,
  }
}
