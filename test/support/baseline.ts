import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Examples, ExampleCollector, type TrainingLine } from '../../src/baseline/examples.js'
import type { BaselineModel } from '../../src/baseline/model.js'
import { trainBaseline } from '../../src/baseline/train.js'
import type { TurnInContext } from '../../src/baseline/turn.js'
import type { Conversation } from '../../src/domain/conversation.js'
import { sha256 } from '../../src/domain/digest.js'

/** Small training data that can be learnt: long answers are good, answers that shout are toxic, and some are German. */

const english = 'the quick brown fox jumps over a lazy dog and then it goes home because there is nothing left to do'
const german =
  'der schnelle braune Fuchs springt über den faulen Hund und geht dann nach Hause weil nichts mehr zu tun ist'

/** One conversation of two turns, a function of its number. */
export function trainingLine(number: number): TrainingLine {
  const isGerman = number % 4 === 3
  const words = (isGerman ? german : english).split(' ')
  const quality = number % 5
  const shouts = number % 3 === 0
  const text = [...words, ...words].slice(0, 2 + quality * 6).join(' ') + (shouts ? ' SHUT UP!!!' : '.')
  return {
    conversations: [
      { value: `Question ${number}?`, from: 'User', label: `quality:2,toxicity:0,lang:${isGerman ? 'de' : 'en'}` },
      {
        value: text,
        from: 'Assistant',
        label: `quality:${quality},toxicity:${shouts ? 4 : 0},helpfulness:${quality},lang:${isGerman ? 'de' : 'en'}`,
      },
    ],
    tree_id: `tree-${Math.floor(number / 2)}`,
    mask: 'User',
    steerflow: { attribute_set: 'oasst-12-lang@1' },
  }
}

export const trainingLines = (count: number): readonly TrainingLine[] =>
  Array.from({ length: count }, (_, number) => trainingLine(number))

export function examplesOf(lines: readonly TrainingLine[]): Examples {
  const collector = new ExampleCollector()
  for (const line of lines) collector.add(line)
  return collector.examples()
}

/** A model trained on 120 of the small conversations. */
export const smallModel = (): BaselineModel =>
  trainBaseline(examplesOf(trainingLines(120)), { folds: 1, mostTurns: 1000 }).model

export const turn = (text: string, given: Partial<TurnInContext> = {}): TurnInContext => ({
  text,
  before: null,
  turnsBefore: 0,
  user: false,
  ...given,
})

/** A training line as a snapshot holds it, with provenance. */
export const conversationOf = (line: TrainingLine): Conversation => ({
  conversations: line.conversations.map(one => ({ ...one })),
  tree_id: line.tree_id,
  system: 'A chat.\n\n',
  mask: line.mask,
  type: 'TEXT_TO_VALUE',
  steerflow: {
    id: sha256(JSON.stringify(line)),
    split: 'train',
    split_rule: 'source',
    origin: 'oasst-tree',
    lineage: { source: 'test', line: 1, configuration: 'test', models: [] },
    scores: null,
    value_model: null,
    ...line.steerflow,
  },
})

/** Writes a snapshot folder with these lines as its training split. */
export async function writeSnapshot(folder: string, lines: readonly (Conversation | string)[]): Promise<string> {
  await mkdir(folder, { recursive: true })
  const text = lines.map(line => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`)
  await writeFile(join(folder, 'train.jsonl'), text.join(''))
  return folder
}

/** A snapshot folder of a file that the preprocess command wrote. */
export async function snapshotOf(preprocessedFile: string, folder: string): Promise<string> {
  const text = await readFile(preprocessedFile, 'utf8')
  const lines = text.trimEnd().split('\n')
  const given = { steerflow: { attribute_set: 'oasst-12-lang@1' } }
  return writeSnapshot(
    folder,
    lines.map(line => conversationOf({ ...(JSON.parse(line) as TrainingLine), ...given })),
  )
}
