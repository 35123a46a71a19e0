import { parentPort, workerData } from 'node:worker_threads'
import { asSteerflowError, explain, SteerflowError } from '../../domain/errors.js'
import { firstLearnt } from '../../domain/mask/first-learnt.js'
import { lossMask } from '../../domain/mask/loss-mask.js'
import { tokenRow } from '../../domain/mask/token-row.js'
import type { Tokenizer } from '../../domain/mask/tokenizer.js'
import { cachedEncode } from './encode-cache.js'
import type { ThreadAnswer, ThreadReply, ThreadRequest, ThreadOptions } from './messages.js'
import { modelBounds, readModel } from './model-file.js'
import { piecewiseEncode } from './piecewise.js'
import { loadSentencePiece } from './sentencepiece.js'
import { readSmallBytes } from '../storage/small-file.js'

/** Capacity of the caches for words and for turns, in characters: with their ids about 20 MB per thread in all. */
const cacheCapacity = 2_000_000

const { model, tokens, question } = workerData as ThreadOptions
const say = (reply: ThreadReply) => parentPort?.postMessage(reply)

async function load(): Promise<Tokenizer> {
  const facts = readModel(await readSmallBytes(model, modelBounds.fileBytes), model)
  const encode = piecewiseEncode(await loadSentencePiece(model), facts, cacheCapacity)
  return { encode: cachedEncode(encode, cacheCapacity), linesIndependent: facts.linesIndependent }
}

/** The result for one conversation. A violated rule is a result, too; other errors are thrown. */
function result(tokenizer: Tokenizer, input: ThreadRequest[number]): ThreadAnswer | string {
  try {
    if (question.ask === 'first-learnt') return firstLearnt(tokenizer, tokens, input)
    return tokenRow(lossMask(tokenizer.encode, tokens, input), question.maxTokens)
  } catch (thrown) {
    if (thrown instanceof SteerflowError && thrown.code === 'STEERFLOW_UNMASKABLE') return thrown.message
    throw thrown
  }
}

const fail = (thrown: unknown) => {
  const error = asSteerflowError(thrown)
  const code = error.code === 'STEERFLOW_TOKENIZER' ? error.code : 'STEERFLOW_BUG'
  say({ code, message: explain(error) })
}

try {
  const tokenizer = await load()
  parentPort?.on('message', (request: ThreadRequest) => {
    try {
      say({ results: request.map(input => result(tokenizer, input)) })
    } catch (thrown) {
      fail(thrown)
    }
  })
  say({ ready: true })
} catch (thrown) {
  fail(thrown)
}
