import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { main } from '../../src/cli/program.js'
import type { ConversationType } from '../../src/domain/conversation.js'

/** The bundled corpus as conversations of one type, in files of a temporary folder. */
export interface Preprocessed {
  readonly train: string
  readonly val: string
  remove(): Promise<void>
}

/** Runs the preprocess command on the bundled corpus. */
export async function preprocessed(type: ConversationType): Promise<Preprocessed> {
  const folder = await mkdtemp(join(tmpdir(), 'steerflow-preprocessed-'))
  const prefix = join(folder, 'out')
  const source = 'examples/data/oasst1_en_val.trees.jsonl'
  const argv = ['preprocess', `--input_file=${source}`, `--output_file_prefix=${prefix}`, `--type=${type}`]
  const messages: string[] = []
  const code = await main(argv, { out: () => undefined, err: text => void messages.push(text) })
  if (code !== 0) throw new Error(`preprocess failed: ${messages.join('')}`)
  return { train: `${prefix}_train.jsonl`, val: `${prefix}_val.jsonl`, remove: () => rm(folder, { recursive: true }) }
}
