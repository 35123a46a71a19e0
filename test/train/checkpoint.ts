import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { modelDigest } from '../../src/adapters/launchers/trained-model.js'
import type { JobEvent } from '../../src/domain/job.js'
import type { ModelRecord } from '../../src/domain/model.js'
import { trainerNamed } from '../../src/trainers/trainers.js'
import { runCommand } from '../../scripts/parts/commands.js'
import { type LlamaServer, startLlama } from '../support/llama/llama.js'
import { models } from '../support/tokenizers.js'
import type { Environment } from './environment.js'
import type { Report } from './report.js'
import type { Workspace } from './workspace.js'

const State = z.looseObject({
  log_history: z.array(z.looseObject({ step: z.int(), loss: z.number().optional() })),
})

/** The loss by step, as the trainer wrote it down beside its last checkpoint. */
async function losses(folder: string): Promise<readonly { readonly step: number; readonly loss: number }[]> {
  const steps = (await readdir(folder)).flatMap(name => /^checkpoint-(\d+)$/.exec(name)?.[1] ?? []).map(Number)
  const state = await readFile(join(folder, `checkpoint-${Math.max(...steps)}`, 'trainer_state.json'), 'utf8')
  return State.parse(JSON.parse(state)).log_history.flatMap(({ step, loss }) =>
    loss === undefined ? [] : [{ step, loss }],
  )
}

/** A job that has ended, and the model that it made. */
export interface Trained {
  readonly job: JobEvent
  readonly model: ModelRecord
  /** The checkpoint's folder. */
  readonly path: string
}

/**
 * Looks at the one job of a trainer: that it succeeded, that its loss fell, that its checkpoint is another than `base` and
 * registered by its digest.
 */
export async function trainedBy(trainer: string, base: string, workspace: Workspace, report: Report): Promise<Trained> {
  const job = (await workspace.jobs()).find(one => one.trainer === trainer)
  if (!job) throw new Error(`no job of ${trainer} was asked for`)
  report.expect(
    `${trainer}: the job that the trigger asked for`,
    job.state === 'succeeded',
    `${job.state} ${job.detail ?? ''}`.trim(),
  )
  const model = (await workspace.models()).find(one => one.job === job.job)
  if (!model) throw new Error(`${job.job} has left no model`)
  const path = join(workspace.root, model.path)
  const history = await losses(path)
  const [first, last] = [history[0]!, history.at(-1)!]
  report.expect(`${trainer}: loss at step ${first.step}`, first.loss > 10 && first.loss < 10.8, first.loss.toFixed(2))
  report.expect(`${trainer}: loss at step ${last.step}`, last.loss < 8, last.loss.toFixed(2))
  const weights = 'model.safetensors'
  const changed = !(await readFile(join(path, weights))).equals(await readFile(join(base, weights)))
  report.expect(`${trainer}: weights differ from those at first`, changed, String(changed))
  const digest = await modelDigest(path, trainerNamed(trainer).result!.files)
  report.expect(`${trainer}: registered by the digest of its files`, model.digest === digest, model.model)
  return { job, model, path }
}

/** Converts a checkpoint for llama.cpp and serves it. */
export async function serve({ path }: Trained, environment: Environment): Promise<LlamaServer> {
  const file = `${path}.gguf`
  await runCommand(environment.python, ['test/train/to_gguf.py', path, models.v1, file])
  return startLlama({ model: file, slots: 1, context: 2048 })
}

const Tokenized = z.looseObject({ tokens: z.array(z.int()) })

/** Token ids as a llama.cpp server has them. */
export async function tokenizedBy(server: LlamaServer, content: string): Promise<readonly number[]> {
  const reply = await fetch(`${server.url}/tokenize`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ content, add_special: false, parse_special: false }),
  })
  return Tokenized.parse(await reply.json()).tokens
}
