import { z } from 'zod'
import { type Decision, JobEvent, jobName } from '../domain/job.js'
import { DatasetName, liveManifests, ShardEvent, type ShardManifest } from '../domain/shard.js'
import { type Snapshots } from './needs.js'
import { fold, type LastingFold } from './stage.js'

const When = z.strictObject({
  records: z.int().nonnegative().default(1).describe('train records that a dataset must have'),
  newSinceLast: z.int().positive().default(10_000).describe('new train records that, while sources run, ask for a job'),
})

const DatasetSettings = z.strictObject({
  trainer: z.string().default('none').describe('baseline, nemo-aligner, nemo-aligner-value; none: only snapshots'),
  launcher: z.string().default('render').describe('exec: run here; render: only write the files'),
  settings: z.record(z.string(), z.unknown()).default({}).describe("the trainer's own settings"),
  when: When.prefault({}).describe('when to train'),
})
type DatasetSettings = z.output<typeof DatasetSettings>

const TriggerOptions = z.strictObject({
  datasets: z
    .record(DatasetName, DatasetSettings)
    .prefault({
      'value-model': { trainer: 'baseline', launcher: 'exec' },
      steerlm: { trainer: 'nemo-aligner', launcher: 'render' },
    })
    .describe('what to train on each dataset, and when'),
})

/** What is known of a dataset after the events so far. */
interface DatasetState {
  readonly manifests: readonly ShardManifest[]
  /** Manifests that the last decision knew. */
  readonly decided: number
  /** Train records that the last job was asked for with. */
  readonly trained: number
  /** The decision that the last event asks for. */
  readonly due: Decision | null
}

const nothing: DatasetState = { manifests: [], decided: 0, trained: 0, due: null }

/**
 * Train or not: a function of the manifests. While sources run, `newSinceLast` records ask for a job; when they have
 * ended, any new record does.
 */
function decide(manifests: readonly ShardManifest[], trained: number, idle: boolean, to: DatasetSettings): Decision {
  const train = manifests.filter(manifest => manifest.split === 'train')
  const records = train.reduce((sum, manifest) => sum + manifest.records, 0)
  const values = { records, new: records - trained }
  if (to.trainer === 'none') return { train: false, rule: 'a trainer is set', values }
  const sets = [...new Set(manifests.map(manifest => manifest.attribute_set))].sort()
  if (sets.length > 1) {
    return { train: false, rule: 'one attribute set', values: { ...values, attribute_sets: sets.join(', ') } }
  }
  const least = idle ? 1 : to.when.newSinceLast
  const rule = `records>=${to.when.records} and new>=${least}`
  return { train: records >= to.when.records && values.new >= least, rule, values }
}

const ports = { jobs: JobEvent }

/** Decides, from the shards of a dataset alone, when to train; every decision is recorded with its rule and values. */
export const trigger = fold<{ readonly snapshots: Snapshots }>()({
  name: 'trigger',
  summary: 'Materialises a snapshot and asks for a training job when there is enough new data.',
  groups: 'lasting',
  key: (record: ShardEvent) => record.dataset,
  input: ShardEvent,
  ports,
  options: TriggerOptions,
  create: ({ options, needs, to }): LastingFold<typeof ShardEvent, typeof ports, DatasetState> => {
    const settingsOf = (dataset: string) => options.datasets[dataset] ?? DatasetSettings.parse({})
    return {
      open: () => nothing,

      step: (state, { dataset, event, manifest }) => {
        const manifests = liveManifests(manifest ? [...state.manifests, manifest] : state.manifests)
        const replaced = state.manifests.length > 0 && manifests[0] !== state.manifests[0]
        const { decided, trained } = replaced ? nothing : state
        const due = decide(manifests, trained, event === 'idle', settingsOf(dataset))
        if (due.train) return { manifests, decided: manifests.length, trained: Number(due.values.records), due }
        return event === 'idle'
          ? { manifests, decided: manifests.length, trained, due }
          : { manifests, decided, trained, due: null }
      },

      act: async ({ manifests, due }, { dataset }) => {
        if (due === null || manifests.length === 0) return []
        const snapshot = await needs.snapshots.materialise(dataset, manifests)
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

      idle: ({ manifests, decided }, { sealed, now }) => {
        const [first] = manifests
        if (!first || manifests.length === decided) return []
        if (!manifests.every(manifest => sealed.includes(manifest.topic))) return []
        return [{ dataset: first.dataset, event: 'idle', at: new Date(now).toISOString(), manifest: null }]
      },
    }
  },
})
