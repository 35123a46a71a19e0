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

/** Options of the command line besides the configuration. */
export interface StartFlags {
  readonly loop?: string
  /** Only compare the last model, without training. */
  readonly measure?: true
  /** Sample the same model again without waiting for the model in training. */
  readonly withoutModel?: true
}

const usage = (message: string): SteerflowError => new SteerflowError('STEERFLOW_USAGE', message)

/**
 * Requests the next round of a loop. The request is recorded; a running pipeline carries it out.
 * @param warn receives a warning if something that the round needs may be missing
 * @throws STEERFLOW_USAGE if the loop has an open round, or there is no training snapshot; STEERFLOW_CONFIG_INVALID if the
 * plan uses attributes that its data does not have
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

/** Rejects a plan that requests, or ranks by, attributes that its data is not labelled with. */
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
    `${key} is ${wanted}, but the snapshot of ${data.dataset} is labelled with ${data.attribute_set} ` +
      `(${keys.join(', ')}): set ${key} to attributes of that set`,
  )
}

function mayFollow(loop: LoopState, { withoutModel }: StartFlags): void {
  const last = lastRound(loop)
  if (!last) return
  const { round } = last.request
  if (isOpen(loop)) throw usage(`round ${round} is not complete yet: see steerflow bootstrap status`)
  const trains = last.verdict?.go === true && last.request.purpose !== 'measure' && last.model === null
  if (trains && !withoutModel) {
    throw usage(
      `round ${round} has no model yet: see steerflow jobs list --dataset bootstrap-${round}; --without-model samples the same model again`,
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
