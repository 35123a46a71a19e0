import { setMaxListeners } from 'node:events'
import { Agent, request } from 'undici'
import { openFleet } from '../../src/adapters/inference/fleet.js'
import { attributeSets } from '../../src/domain/attributes.js'
import { SteerflowError } from '../../src/domain/errors.js'
import { extraIdTokens } from '../../src/domain/prompt-tokens.js'
import type { Call } from './pipeline.js'

/** Calls the server that only takes time. */
export function httpCall([url]: readonly string[], most: number): Call {
  const dispatcher = new Agent({ connections: most, headersTimeout: 20_000 })
  return async (id, signal) => {
    setMaxListeners(0, signal)
    let malformed = false
    try {
      const { statusCode, body } = await request(`${url}/call`, { method: 'POST', body: id, dispatcher, signal })
      if ((await body.text()) === id && statusCode === 200) return
      malformed = statusCode === 422
    } catch (cause) {
      throw new SteerflowError('STEERFLOW_OUTAGE', `no answer for ${id}`, { cause })
    }
    if (malformed) throw new SteerflowError('STEERFLOW_RECORD_EXHAUSTED', `a malformed label line for ${id}`)
    throw new SteerflowError('STEERFLOW_OUTAGE', `a wrong answer for ${id}`)
  }
}

/** Has a turn scored by value model servers, as the node that annotates does. */
export function fleetCall(urls: readonly string[], most: number): Call {
  const attributeSet = attributeSets['oasst-12-lang@1']
  const fleet = openFleet({
    endpoints: urls.map(url => ({ url, model: null })),
    inFlight: Math.ceil(most / urls.length),
    batch: 1,
    deadlineMs: 10_000,
    attributeSet,
    tokens: extraIdTokens,
    protocol: 'auto',
  })
  const model = fleet.pinned('chaos')
  return async (id, signal) => {
    await model.scoreTurn({ system: 'S\n\n', turns: [{ value: `record ${id}.`, from: 'User' }] }, signal)
  }
}
