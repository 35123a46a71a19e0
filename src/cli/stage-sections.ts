import type { z } from 'zod'
import { SteerflowError } from '../domain/errors.js'
import { annotate } from '../stages/annotate.js'
import { clean } from '../stages/clean.js'
import { gate } from '../stages/gate.js'
import { launch } from '../stages/launch.js'
import type { StageDeclaration } from '../stages/node.js'
import { openRound } from '../stages/open-round.js'
import { preprocess } from '../stages/preprocess.js'
import { relabel } from '../stages/relabel.js'
import { seal } from '../stages/seal.js'
import { trigger } from '../stages/trigger.js'

/** Stages whose options follow from several keys of the configuration, or stand under another name than their own. */
const settledElsewhere: ReadonlySet<string> = new Set(
  [preprocess, clean, annotate, relabel, gate, openRound, launch, seal, trigger].map(({ name }) => name),
)

/**
 * The sections of the other stages that have options: each under the name of its stage.
 * @param keys names that are taken
 * @throws STEERFLOW_CONFIG_INVALID when a stage has one of them
 */
export function stageSections(
  stages: readonly StageDeclaration[],
  keys: readonly string[],
): Readonly<Record<string, z.ZodType>> {
  const own = stages.filter(({ name, options }) => !settledElsewhere.has(name) && Object.keys(options.shape).length > 0)
  const taken = own.find(({ name }) => keys.includes(name))
  if (taken) {
    throw new SteerflowError(
      'STEERFLOW_CONFIG_INVALID',
      `the stage ${taken.name} has options, and ${taken.name} is a key of the configuration already: give the stage another name`,
    )
  }
  return Object.fromEntries(own.map(({ name, options, summary }) => [name, options.prefault({}).describe(summary)]))
}
