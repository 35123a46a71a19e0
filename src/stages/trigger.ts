import { z } from 'zod'
import { roundOfDataset } from '../domain/bootstrap/round.js'
import { DatasetRule, settledFor } from '../domain/dataset-rule.js'
import { type DatasetState, emptyDataset, isAged, manifestsOf, withEvent } from '../domain/dataset-state.js'
import { type Rules, sameRules, When } from '../domain/gates/when.js'
import { JobEvent, jobName } from '../domain/job.js'
import { FolderName } from '../domain/names.js'
import { ShardEvent } from '../domain/shard.js'
import { lastingFold } from './stage.js'

const DatasetSettings = z.strictObject({
  trainer: FolderName.default('none').describe(
    'baseline, nemo-aligner, nemo-aligner-value, trl, trl-value, or a trainer of your flow; none: snapshots only',
  ),
  launcher: z
    .string()
    .default('render')
    .describe('exec, slurm, kubernetes or webhook run jobs; render only writes their files'),
  settings: z.record(z.string(), z.unknown()).default({}).describe("the trainer's own settings"),
  when: When.prefault({}).describe('when to train, and the gates that every job must pass'),
})

/**
 * How the two datasets of the pipeline are trained on by default. The baseline is measured by cross-validation over its
 * training trees, so it needs no validation records.
 */
export const trainedByDefault: Readonly<Record<string, z.input<typeof DatasetSettings>>> = {
  'value-model': { trainer: 'baseline', launcher: 'exec', when: { validation: 0 } },
  steerlm: { trainer: 'nemo-aligner', launcher: 'render' },
}

const TriggerOptions = z.strictObject({
  datasets: z
    .record(DatasetRule, DatasetSettings)
    .prefault({ ...trainedByDefault })
    .describe('what to train on each dataset, and when'),
})

const ports = { jobs: JobEvent }

/** An event caused by the clock or the configuration. */
const told = (dataset: string, event: ShardEvent['event'], now: number): ShardEvent => ({
  dataset,
  event,
  at: new Date(now).toISOString(),
  manifest: null,
})

/**
 * Decides when to train, from the events of a dataset alone (dataset-state.ts), and records every decision with the values
 * of its gates. Timers and the rules themselves are events too, so that a restart finds the same decisions, even with
 * another configuration.
 */
export const trigger = lastingFold({
  name: 'trigger',
  summary: 'Materialises a snapshot and asks for a training job when there is enough new data.',
  needs: ['snapshots'],
  initial: () => emptyDataset,
  key: (record: ShardEvent) => record.dataset,
  input: ShardEvent,
  ports,
  options: TriggerOptions,
  create: ({ options, needs, to }) => {
    const settingsOf = (dataset: string) => settledFor(options.datasets, dataset) ?? DatasetSettings.parse({})
    const rulesOf = (dataset: string): Rules => {
      const { trainer, when } = settingsOf(dataset)
      // A round is trained on once, as a whole. Its held-out records come with its snapshot, from its original data.
      if (roundOfDataset(dataset) !== null) return { trainer, ...when, asks: 'closed', validation: 0 }
      return { trainer, asks: 'new', ...when }
    }
    /** The configured rules as an event, if they differ from the recorded ones. */
    const newRules = ({ dataset, rules }: DatasetState, now: number): readonly ShardEvent[] => {
      if (dataset === '' || (rules !== null && sameRules(rules, rulesOf(dataset)))) return []
      return [{ ...told(dataset, 'rules', now), rules: rulesOf(dataset) }]
    }
    return {
      step: (state, event, { timestamp }) => withEvent(state, event, timestamp),

      act: async (state, { dataset }) => {
        const { due } = state
        if (due === null) return []
        const snapshot = await needs.snapshots.materialise(dataset, manifestsOf(state))
        const { trainer, launcher, settings } = settingsOf(dataset)
        return [
          to.jobs({
            job: jobName(snapshot, trainer),
            dataset,
            state: due.train ? 'requested' : 'refused',
            attempt: 0,
            trainer,
            launcher,
            settings,
            snapshot,
            decision: due,
            host: null,
            folder: null,
            detail: null,
            model: null,
          }),
        ]
      },

      idle: (state, { sealed, now }) => {
        const rules = newRules(state, now)
        if (rules.length > 0) return rules
        if (state.rules?.asks === 'closed') return []
        if (!state.undecided || !state.topics.every(topic => sealed.includes(topic))) return []
        return [told(state.dataset, 'idle', now)]
      },

      timer: (state, now) => {
        const rules = newRules(state, now)
        if (rules.length > 0) return rules
        return isAged(state, now) ? [told(state.dataset, 'aged', now)] : []
      },
    }
  },
})
