import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parentPort, workerData } from 'node:worker_threads'
import { generator } from '../../baseline/generate.js'
import { readModel } from '../../baseline/model.js'
import { sha256 } from '../../domain/digest.js'
import { asSteerflowError, explain, SteerflowError } from '../../domain/errors.js'
import { readSmall, TooLong } from '../storage/small-file.js'
import { generateServer } from './http.js'
import type { ServerThreadOptions, PredictionReply } from './messages.js'

const options = workerData as ServerThreadOptions
const say = (reply: PredictionReply) => parentPort?.postMessage(reply)

/** Maximum size of a model in bytes: ours have two or three million. */
const longestModel = 64 << 20

async function loadText(path: string): Promise<string> {
  try {
    return await readSmall(path, longestModel)
  } catch (cause) {
    if (cause instanceof TooLong) {
      const most = `${longestModel.toLocaleString('en')} bytes, the most of a baseline model`
      throw new SteerflowError('STEERFLOW_MODEL_INVALID', `${path} has more than ${most}`)
    }
    throw new SteerflowError('STEERFLOW_INPUT_NOT_FOUND', `the model ${path} cannot be read`, { cause })
  }
}

const isTaken = (thrown: unknown): boolean =>
  thrown instanceof Error && 'code' in thrown && (thrown.code === 'EADDRINUSE' || thrown.code === 'EACCES')

/** Listens on the first free port. */
async function listen(server: Server): Promise<number> {
  for (const port of options.ports) {
    try {
      await once(server.listen(port, options.host), 'listening')
      return (server.address() as AddressInfo).port
    } catch (cause) {
      if (isTaken(cause) && port !== options.ports.at(-1)) continue
      throw new SteerflowError('STEERFLOW_PORT_TAKEN', `cannot listen on ${options.host}:${port}`, { cause })
    }
  }
  throw new SteerflowError('STEERFLOW_BUG', 'no port to listen on was given')
}

try {
  const text = await loadText(options.modelPath)
  const server = generateServer(generator(readModel(text), options.tokens), options.token)
  say({ port: await listen(server), digest: sha256(text) })
} catch (thrown) {
  const error = asSteerflowError(thrown)
  say({ code: error.code, message: explain(error) })
}
