import { join } from 'node:path'
import { z } from 'zod'
import { type Examples, ExampleCollector } from '../../baseline/examples.js'
import { about, writeModel } from '../../baseline/model.js'
import type { Trained } from '../../baseline/train.js'
import { Conversation } from '../../domain/conversation.js'
import { sha256 } from '../../domain/digest.js'
import { SteerflowError } from '../../domain/errors.js'
import { loosen } from '../../domain/loose.js'
import { AttributeMetric } from '../../domain/model.js'
import { exists } from '../storage/durable.js'
import { readLines } from '../files/lines.js'
import type { Line } from '../files/splitter.js'
import { decodeUtf8 } from '../files/utf8.js'
import { openWriter } from '../files/writer.js'

/** The metrics of a training, written beside the model as `metrics.json`. */
export const BaselineMetrics = z
  .strictObject({
    about: z.string().describe('what the model is and is not'),
    digest: z.string().describe('sha256 of model.json'),
    attribute_set: z.string(),
    trees: z.int().nonnegative(),
    turns: z.int().nonnegative().describe('distinct labelled turns in the training'),
    folds: z.int().positive().describe('number of parts of the trees; each was predicted by a model of the others'),
    languages: z.array(z.string()).describe('language codes in the labels; a single one is always predicted'),
    metrics: z.array(AttributeMetric),
  })
  .meta({ title: 'BaselineMetrics' })
export type BaselineMetrics = z.output<typeof BaselineMetrics>

export const modelFileName = 'model.json'
export const metricsFileName = 'metrics.json'

const trainingFiles = ['train.jsonl', 'train.jsonl.gz']

async function trainingFile(snapshot: string): Promise<string> {
  for (const name of trainingFiles) {
    const path = join(snapshot, name)
    const found = await exists(path)
    if (found) return path
  }
  throw new SteerflowError('STEERFLOW_INPUT_NOT_FOUND', `${snapshot} contains no ${trainingFiles.join(' or ')}`)
}

const reader = loosen(Conversation)

function readConversation(line: Line, predicted: boolean): Conversation {
  if (line.kind === 'too-long') throw new SteerflowError('STEERFLOW_INPUT_LINE_TOO_LONG', `${line.length} bytes`)
  const conversation = reader.parse(JSON.parse(decodeUtf8(line.bytes)))
  if (predicted || conversation.type === 'TEXT_TO_VALUE') return conversation
  const message = `a value model does not learn from ${conversation.type}, whose labels a model predicted; with --predicted it does`
  throw new SteerflowError('STEERFLOW_RECORD_INVALID', message)
}

/**
 * Reads the training split of a snapshot folder; the validation split stays unseen.
 * @param predicted also learn from predicted labels: a student of the model that predicted them
 * @throws STEERFLOW_INPUT_NOT_FOUND if it has none, STEERFLOW_RECORD_INVALID if a line is not a labelled conversation,
 *   STEERFLOW_JOB_INVALID if there is nothing to learn from.
 */
export async function readExamples(snapshot: string, predicted = false): Promise<Examples> {
  const file = await trainingFile(snapshot)
  const collector = new ExampleCollector()
  for await (const lines of readLines(file)) {
    for (const line of lines) {
      try {
        collector.add(readConversation(line, predicted))
      } catch (cause) {
        if (cause instanceof SteerflowError && cause.code === 'STEERFLOW_JOB_INVALID') throw cause
        throw new SteerflowError('STEERFLOW_RECORD_INVALID', `${file}, line ${line.number}`, { cause })
      }
    }
  }
  return collector.examples()
}

/**
 * Writes `metrics.json`, then `model.json`, each completely or not at all: a model always has its metrics.
 * @throws STEERFLOW_STORAGE
 */
export async function writeTrained(output: string, trained: Trained): Promise<BaselineMetrics> {
  const model = writeModel(trained.model)
  const metrics: BaselineMetrics = {
    about,
    digest: sha256(model),
    attribute_set: trained.model.attributeSet.name,
    trees: trained.trees,
    turns: trained.turns,
    folds: trained.folds,
    languages: [...trained.model.languages.codes],
    metrics: [...trained.metrics],
  }
  for (const [name, text] of [
    [metricsFileName, `${JSON.stringify(metrics, null, 1)}\n`],
    [modelFileName, model],
  ] as const) {
    const writer = await openWriter(join(output, name))
    await writer.write(text)
    await writer.close()
  }
  return metrics
}
