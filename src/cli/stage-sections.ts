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

/** Stages whose options come from several keys of the configuration, or from a section with another name. */
const settledElsewhere: ReadonlySet<string> = new Set(
  [preprocess, clean, annotate, relabel, gate, openRound, launch, seal, trigger].map(({ name }) => name),
)

/**
 * The sections of all other stages with options, by the name of the stage.
 * @param keys names already in use
 * @throws STEERFLOW_CONFIG_INVALID if a stage has one of them
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
      `the stage ${taken.name} has options, but ${taken.name} is already a configuration key: rename the stage`,
    )
  }
  return Object.fromEntries(own.map(({ name, options, summary }) => [name, options.prefault({}).describe(summary)]))
}
