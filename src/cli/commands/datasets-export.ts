import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { availableParallelism } from 'node:os'
import { exportFormats } from '../../adapters/export/formats.js'
import { writeExport } from '../../adapters/export/write-export.js'
import { findSnapshot } from '../../adapters/snapshot/read-snapshot.js'
import { attributeSet } from '../../domain/attributes.js'
import type { ExportContext } from '../../domain/export/export-format.js'
import { type LabelPlace, labelPlaces } from '../../domain/export/label-place.js'
import type { Session } from '../command.js'
import { attributeSetsOf } from '../attribute-sets.js'
import { type Config, promptTokensOf } from '../config.js'
import { needFolder } from '../data-folder.js'
import { endFile } from '../file-end.js'
import { outputName, threadCount, unknownName, wholeNumber } from '../flags.js'
import { type ConfigFlags, configOf, withConfig } from '../options.js'
import { thousands } from '../render/bars.js'
import { progress } from '../render/progress.js'
import { tellWaits } from '../render/waits.js'
import { Waits } from '../../runtime/waits.js'
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

/** Adds `datasets export`: writes a snapshot in another trainer's format. Reads only the data folder, not the log. */
export function exportCommand(group: Command, session: Session): void {
  const command = group
    .command('export')
    .summary('Write a snapshot in the format of another trainer.')
    .description(
      `Writes a snapshot to a new folder in another format, with checksums and a card that documents the conversion.
Formats:
${exportFormats.map(({ name, summary }) => `  ${name.padEnd(12)}${summary}`).join('\n')}`,
    )
    .argument('<dataset>')
    .requiredOption('--format <name>', 'format of the rows: one of these, or one of your flow')
    .requiredOption('--output <dir>', 'folder to create; it must not exist', outputName)
    .option('--snapshot <digest>', 'snapshot, by the start of its digest (default: the latest)')
    .addOption(
      new Option('--labels <place>', 'where messages and sharegpt put the label line of a reply')
        .choices(labelPlaces)
        .default('system'),
    )
    .option(
      '--max-tokens <count>',
      'token limit of a row, in formats with tokens (default: clean.seqLen)',
      wholeNumber(1),
    )
    .addOption(
      new Option('--threads <count>', 'tokenizer threads')
        .argParser(threadCount)
        .default(availableParallelism(), 'one per core'),
    )
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
Examples:
  steerflow datasets export steerlm --format sharegpt --labels user --output out/llama-factory
  steerflow datasets export value-model --format regression --snapshot 8f3a --output out/rm`,
    )
  withConfig(command).action(async (dataset: string, flags: Flags) => {
    const config = configOf(flags)
    needFolder(config)
    const { exports } = config.flow
    const format = exports.find(({ name }) => name === flags.format)
    if (!format)
      throw unknownName(
        '--format',
        flags.format,
        exports.map(({ name }) => name),
      )
    const root = resolve(config.dataDir)
    const manifest = await findSnapshot(root, dataset, flags.snapshot)
    const bytes = manifest.splits.train.bytes + manifest.splits.validation.bytes
    const shown = progress(session, `export ${dataset} as ${format.name}`, 'bytes', bytes)
    const result = await writeExport({
      root,
      manifest,
      format,
      context: contextOf(config, manifest, flags),
      output: flags.output,
      onRead: read => shown.add(read),
      waits: new Waits(tellWaits(session)),
    })
    const rows = `${thousands(result.rows.train)} train rows, ${thousands(result.rows.validation)} validation rows`
    shown.done(rows)
    endFile(session, {
      output: flags.output,
      holdsSomething: result.rows.train + result.rows.validation > 0,
      next: `choose another --format: ${format.name} cannot express any record of snapshot ${manifest.digest}`,
    })
    if (flags.json) {
      await session.json({ output: resolve(flags.output), snapshot: manifest.digest, ...result })
      return
    }
    await session.out(`${flags.output}: ${rows} from snapshot ${manifest.digest}\n`)
    for (const [what, count] of Object.entries(result.counts)) await session.out(`  ${what}: ${thousands(count)}\n`)
  })
}

/** The settings that every export format gets from configuration and flags. */
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
