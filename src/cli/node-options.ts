import type { z } from 'zod'
import { annotate } from '../stages/annotate.js'
import { clean } from '../stages/clean.js'
import { gate } from '../stages/gate.js'
import { launch } from '../stages/launch.js'
import type { Node } from '../stages/node.js'
import { openRound } from '../stages/open-round.js'
import { preprocess } from '../stages/preprocess.js'
import { relabel } from '../stages/relabel.js'
import { seal } from '../stages/seal.js'
import { trigger } from '../stages/trigger.js'
import { type Config, datasetNames, datasetOf } from './config.js'

/** The rule that generates the datasets of bootstrap rounds. */
const ofRounds = 'bootstrap-{round}'

const settled: Readonly<Record<string, (config: Config, fixed: Node['fixed']) => unknown>> = {
  [preprocess.name]: config => config.preprocess,
  [clean.name]: config => pick(config.clean, clean.options),
  [annotate.name]: config => pick(config.annotate, annotate.options),
  [relabel.name]: config => pick(config.annotate, annotate.options),
  [gate.name]: config => ({ controlTokens: config.clean.controlTokens }),
  [openRound.name]: config => pick(config.bootstrap, openRound.options),
  [launch.name]: config => ({ most: { exec: config.launchers.exec.maxJobs } }),
  [seal.name]: (config, fixed) => datasetOf(config, String(fixed.dataset)).seal,
  [trigger.name]: config => ({
    datasets: Object.fromEntries(
      [...new Set([...datasetNames(config), ofRounds])].map(name => {
        const { seal: _seal, snapshot: _snapshot, jobs: _jobs, ...rest } = datasetOf(config, name)
        return [name, rest] as const
      }),
    ),
  }),
}

/** The options of a node, from the sections of the configuration that its stage depends on. */
export function nodeOptions(config: Config, { stage, fixed }: Pick<Node, 'stage' | 'fixed'>): unknown {
  const elsewhere = settled[stage.name]
  if (elsewhere) return elsewhere(config, fixed)
  const sections = config as Readonly<Record<string, unknown>>
  return pick((sections[stage.name] ?? {}) as Readonly<Record<string, unknown>>, stage.options)
}

/** The stage's keys, from a section that also contains keys of adapters. */
const pick = (section: Readonly<Record<string, unknown>>, options: z.ZodObject): Record<string, unknown> =>
  Object.fromEntries(Object.keys(options.shape).map(key => [key, section[key]]))
