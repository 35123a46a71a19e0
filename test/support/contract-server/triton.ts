import { z } from 'zod'
import type { HttpAnswer } from '../../../src/domain/generate-contract.js'
import { type ContractRequest, json, parsed } from './http.js'
import { rewardsOf } from './reward-model.js'

const Infer = z.object({
  id: z.string().optional(),
  inputs: z.array(
    z.object({ name: z.string(), shape: z.array(z.int()), datatype: z.string(), data: z.array(z.string()) }),
  ),
})

const error = (status: number, text: string): HttpAnswer => json(status, { error: text })

/**
 * What a real Triton answered for NeMo-Aligner's reward server
 * (docs/reference/inference-servers.md#nemo-aligner-reward-server).
 */
export function tritonAnswer(outputs: number, { method, path, body }: ContractRequest): HttpAnswer {
  const model = /^\/v2\/models\/([^/]+)\/infer$/.exec(path)?.[1]
  if (model === undefined || method !== 'POST') return error(404, 'Not Found')
  if (model !== 'reward_model') return error(404, `Request for unknown model: '${model}' is not found`)
  const request = Infer.safeParse(parsed(body))
  if (!request.success) return error(400, 'failed to parse the request JSON buffer')
  const unknown = request.data.inputs.find(input => input.name !== 'sentences')
  if (unknown) return error(400, `unexpected inference input '${unknown.name}' for model 'reward_model'`)
  const [input] = request.data.inputs
  if (!input) return error(400, "expected 1 inputs but got 0 inputs for model 'reward_model'")
  const { shape, data, datatype } = input
  if (datatype !== 'BYTES' || shape.length !== 2 || shape[0]! * shape[1]! !== data.length) {
    return error(400, `unexpected shape for input 'sentences'. Expected [-1,-1], got [${shape.join(',')}]`)
  }
  return json(200, {
    ...(request.data.id === undefined ? {} : { id: request.data.id }),
    model_name: 'reward_model',
    model_version: '1',
    outputs: [
      {
        name: 'rewards',
        datatype: 'FP32',
        shape: [shape[0], outputs],
        data: data.flatMap(sentence => rewardsOf(sentence, outputs)),
      },
    ],
  })
}
