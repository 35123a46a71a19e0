import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { Conversation } from '../../src/domain/conversation.js'
import { render } from '../../src/domain/mask/render.js'
import type { Tokenizer } from '../../src/domain/mask/tokenizer.js'
import { extraIdTokens } from '../../src/domain/prompt-tokens.js'
import type { LlamaServer } from '../support/llama/llama.js'
import { tokenizedBy, type Trained } from './checkpoint.js'
import type { Report } from './report.js'

const Row = z.strictObject({ input_ids: z.array(z.int()), labels: z.array(z.int()) })

const jsonLines = async <T>(file: string, schema: z.ZodType<T>): Promise<readonly T[]> =>
  (await readFile(file, 'utf8'))
    .split('\n')
    .filter(Boolean)
    .map(line => schema.parse(JSON.parse(line)))

/** The validation records of the snapshot that a job read. */
export const validationOf = (root: string, { job }: Trained): Promise<readonly Conversation[]> =>
  jsonLines(join(root, job.snapshot.path, 'validation.jsonl'), Conversation)

/** The text of a conversation as it is learnt. */
function textOf(record: Conversation): string {
  const { header, turns, tail } = render(record, extraIdTokens)
  return header + turns.map(turn => turn.text).join('') + tail
}

/**
 * That the rows that were learnt from, our tokenizer, and the server of the trained model have the same ids for the same
 * texts: of every validation record of the snapshot.
 */
export async function sameIds(
  trained: Trained,
  { root, server, tokenizer, report }: { root: string; server: LlamaServer; tokenizer: Tokenizer; report: Report },
): Promise<void> {
  const { trainer } = trained.job
  const output = trained.path.replace(/\/model$/, '')
  const [train, validation] = await Promise.all(
    ['train', 'validation'].map(split => jsonLines(join(output, 'rows', `${split}.jsonl`), Row)),
  )
  report.figure(`${trainer}: rows of train and validation`, `${train!.length} and ${validation!.length}`)
  const known = new Set(validation!.map(row => row.input_ids.join(' ')))
  const records = await validationOf(root, trained)
  let [atServer, inRows] = [0, 0]
  for (const record of records) {
    const text = textOf(record)
    const ids = tokenizer.encode(text)
    if ((await tokenizedBy(server, text)).join(' ') === ids.join(' ')) atServer += 1
    if (known.has(ids.slice(0, 256).join(' '))) inRows += 1
  }
  report.expect(
    `${trainer}: texts with the same ids at /tokenize`,
    atServer === records.length && atServer > 0,
    `${atServer} of ${records.length}`,
  )
  report.expect(
    `${trainer}: of them with the same ids in the rows`,
    inRows === validation!.length,
    `${inRows}, rows ${validation!.length}`,
  )
}
