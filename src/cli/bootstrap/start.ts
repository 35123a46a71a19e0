import { existsSync } from 'node:fs'
import { below } from '../../adapters/storage/below.js'
import { SteerflowError } from '../../domain/errors.js'
import {
  emptyLoop,
  isOpen,
  lastRound,
  type LoopState,
  nextPurpose,
  policyOf,
} from '../../domain/bootstrap/loop-state.js'
import { RoundPlan } from '../../domain/bootstrap/round-plan.js'
import { type RoundEvent, roundName } from '../../domain/bootstrap/round.js'
import { encode } from '../../stages/node.js'
import { rounds } from '../../topics.js'
import { findSnapshot, type SnapshotManifest } from '../../adapters/snapshot/read-snapshot.js'
import { attributeSets } from '../../domain/attributes.js'
import { attributeSetsOf } from '../attribute-sets.js'
import type { Config } from '../config.js'
import { goneWords } from '../training/gone.js'
import type { Workspace } from '../workspace.js'
import { readLoops } from './loops.js'

/** What the command line says beside the configuration. */
export interface StartFlags {
  readonly loop?: string
  /** Only to compare the last model: nothing is trained on. */
  readonly measure?: true
  /** Samples the same model again although the one that is being trained is not there yet. */
  readonly withoutModel?: true
}

const usage = (message: string): SteerflowError => new SteerflowError('STEERFLOW_USAGE', message)

/**
 * Asks for the next round of a loop: recorded, and carried out by whoever runs the pipeline.
 * @param warn told of what the round needs and may not find
 * @throws STEERFLOW_USAGE when the loop has a round that is open, or there is no training snapshot; STEERFLOW_CONFIG_INVALID when the
 * plan is of attributes that its data does not have.
 */
export async function startRound(
  { config, root, log }: Workspace,
  flags: StartFlags,
  warn: (message: string) => void,
): Promise<RoundEvent> {
  const name = flags.loop ?? config.bootstrap.loop
  const loop = (await readLoops(log)).get(name) ?? emptyLoop
  mayFollow(loop, flags)
  const { dataset } = config.bootstrap
  if (!existsSync(below(root, 'datasets', dataset, 'latest.json'))) {
    throw usage(`there is no snapshot of ${dataset} to take prompts from: steerflow datasets snapshot ${dataset}`)
  }
  const event = requestOf(config, name, loop, flags)
  refuseStrangeAttributes(event.plan!, await findSnapshot(root, dataset), config)
  const model = lastRound(loop)?.model
  const gone = model && goneWords(root, model.path)
  if (gone) warn(`the model ${model.model} has no files: ${gone}; the round waits until a server declares it`)
  await log.publish([encode(rounds, event)])
  return event
}

/** A round that asks for an attribute, or ranks by one, that its data is not labelled with has nothing to ask for. */
function refuseStrangeAttributes({ target, gate }: RoundPlan, data: SnapshotManifest, config: Config): void {
  const known = [...attributeSetsOf(config), ...Object.values(attributeSets)]
  const keys = known.find(({ name }) => name === data.attribute_set)?.attributes.map(({ key }) => key)
  if (keys === undefined) return
  const ranks = Object.keys(gate.goodness)
  const [key, wanted] = [
    ['bootstrap.target.attribute', target.mode === 'best' && !keys.includes(target.attribute) ? target.attribute : ''],
    ['bootstrap.gate.goodness', ranks.some(name => keys.includes(name)) ? '' : ranks.join(', ')],
  ].find(([, attribute]) => attribute !== '') ?? ['', '']
  if (key === '') return
  throw new SteerflowError(
    'STEERFLOW_CONFIG_INVALID',
    `${key} is ${wanted}, and the snapshot of ${data.dataset} is labelled with ${data.attribute_set} ` +
      `(${keys.join(', ')}), which does not have it: set ${key} to what it has`,
  )
}

function mayFollow(loop: LoopState, { withoutModel }: StartFlags): void {
  const last = lastRound(loop)
  if (!last) return
  const { round } = last.request
  if (isOpen(loop)) throw usage(`round ${round} is not complete yet: steerflow bootstrap status`)
  const trains = last.verdict?.go === true && last.request.purpose !== 'measure' && last.model === null
  if (trains && !withoutModel) {
    throw usage(
      `the model of round ${round} is not there yet: steerflow jobs list --dataset bootstrap-${round}; --without-model samples the same model again`,
    )
  }
}

function requestOf(config: Config, name: string, loop: LoopState, flags: StartFlags): RoundEvent {
  const last = lastRound(loop)
  const number = (last?.request.number ?? 0) + 1
  const plan = RoundPlan.strip().parse(config.bootstrap)
  const policy = last?.model ? policyOf(last.model) : last?.verdict?.best
  return {
    loop: name,
    round: roundName(name, number),
    event: 'requested',
    by: 'person',
    number,
    purpose: flags.measure ? 'measure' : nextPurpose(loop, plan.stop),
    ...(policy && { policy }),
    plan,
  }
}
