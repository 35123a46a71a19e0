import { z } from 'zod'
import { controlTokens, extraIdTokens, type PromptTokens } from '../domain/prompt-tokens.js'
import { annotate } from '../stages/annotate.js'
import { clean } from '../stages/clean.js'
import { openRound } from '../stages/open-round.js'
import { preprocess } from '../stages/preprocess.js'
import { roundOfDataset } from '../domain/bootstrap/round.js'
import { RoundPlan } from '../domain/bootstrap/round-plan.js'
import { retentionDays, timerSeconds } from '../domain/duration.js'
import { SourceMap } from '../domain/formats/map.js'
import { KeepRule } from '../domain/keep.js'
import { perFlow } from './per-flow.js'
import { stageSections } from './stage-sections.js'
import { DatasetName } from '../domain/shard.js'
import { DatasetRule, settledFor } from '../domain/dataset-rule.js'
import { seal } from '../stages/seal.js'
import { trainedByDefault, trigger } from '../stages/trigger.js'
import { lineBytesBounds } from '../adapters/files/lines.js'
import { entriesOf } from '../adapters/inference/endpoints/entry.js'
import type { EndpointsSpec } from '../adapters/inference/endpoints/watch.js'
import { LauncherSettings } from '../adapters/launchers/settings.js'
import { KafkaSettings } from '../adapters/log/kafka/settings.js'
import { S3Settings } from '../adapters/storage/s3/settings.js'
import { defaultBrake, leastRecords } from '../runtime/brake.js'
import type { TopicSpec } from '../runtime/log.js'
import { builtIn, type Flow } from '../flow.js'
import { specsOf } from '../topics.js'

const tokens = z
  .enum(['extra-id', 'control'])
  .default('extra-id')
  .describe('prompt tokens: extra-id is <extra_id_0..2>, control is \\x00 \\x11 \\x12; training must use the same')

const SnapshotFiles = z.strictObject({
  keep: KeepRule(3).prefault({}).describe('snapshots to keep in addition to those in use, see docs/datasets.md'),
  gzip: z.boolean().default(false).describe('also write *.jsonl.gz'),
  parquet: z.boolean().default(false).describe('also write *.parquet, with scores and labels in typed columns'),
  license: z.string().default('').describe('licence of the records, for the dataset card; empty: not stated'),
})

const Dataset = z.strictObject({
  seal: seal.options.omit({ dataset: true }).prefault({}).describe('when shards are cut'),
  snapshot: SnapshotFiles.prefault({}).describe(
    'files of its snapshots in addition to JSON lines, see docs/datasets.md',
  ),
  jobs: z
    .strictObject({
      keep: KeepRule(5).prefault({}).describe('folders of finished jobs to keep, see docs/launchers.md'),
    })
    .prefault({})
    .describe('folders of its jobs'),
  ...trigger.options.shape.datasets.unwrap().valueType.shape,
})

const OwnAttributeSet = z
  .strictObject({
    keys: z
      .array(z.string().regex(/^[a-z]\w*$/))
      .min(1)
      .describe('keys of a label line, in their order'),
    min: z.int().default(0).describe('lowest value'),
    max: z.int().default(4).describe('highest value'),
    language: z.boolean().default(false).describe('whether a line ends with lang: and a language'),
  })
  .refine(({ keys }) => new Set(keys).size === keys.length, 'a key occurs twice')

const maxBytes = 64 * 2 ** 30

/** `embedded`, or the budget of the embedded log, or Kafka. Default: the embedded log. */
const Log = z
  .union(
    [
      z.literal('embedded'),
      z
        .strictObject({
          maxBytes: z
            .int()
            .min(1 << 20)
            .meta({
              description: 'budget of the embedded log in bytes; ingest waits when it is full',
              examples: [maxBytes],
            })
            .optional(),
          kafka: KafkaSettings.optional().describe('the cluster that holds the records, in place of the embedded log'),
        })
        .refine(log => log.kafka === undefined || log.maxBytes === undefined, {
          message: 'maxBytes belongs to the embedded log: omit it with kafka',
        }),
    ],
    { error: 'expected embedded, or one of the keys maxBytes and kafka' },
  )
  .transform((log): { maxBytes: number } | { kafka: KafkaSettings } => {
    if (log === 'embedded') return { maxBytes }
    return log.kafka ? { kafka: log.kafka } : { maxBytes: log.maxBytes ?? maxBytes }
  })

/** `folder`, or a bucket. */
const Storage = z
  .union(
    [z.literal('folder'), z.strictObject({ s3: S3Settings.describe('a bucket of S3 or of a compatible server') })],
    { error: 'expected folder, or the key s3' },
  )
  .transform((storage): { readonly s3?: S3Settings } => (storage === 'folder' ? {} : storage))

const Registry = z.strictObject({
  url: z
    .union([
      z.literal(''),
      z
        .url({ protocol: /^https?$/, abort: true })
        .refine(
          url => !new URL(url).username && !new URL(url).password,
          'must not contain credentials: set username and password',
        ),
    ])
    .default('')
    .describe(
      'base URL of a Confluent-compatible registry (the part before /subjects); empty: ids of schemas/index.json',
    ),
  username: z.string().default('').describe('user of the registry; empty: no authentication'),
  password: z
    .string()
    .default('')
    .meta({ description: 'password of the user; prefer STEERFLOW_REGISTRY_PASSWORD', writeOnly: true }),
  autoRegister: z
    .boolean()
    .default(false)
    .describe('register missing schemas at start, instead of running `steerflow schemas register` first'),
})

/** Keys that the sections annotate and sample share. */
const servers = {
  endpointsFile: z
    .string()
    .default('')
    .describe('YAML or JSON file with further endpoints entries, read again when it changes'),
  inFlight: z
    .int()
    .positive()
    .nullable()
    .default(null)
    .describe('upper bound for the calls in flight per server, which are tuned at run time; null: no bound'),
}

/**
 * All settings for a flow: `steerflow.yaml`, `STEERFLOW_*` variables, or `--set path=value`. Options of a stage are a
 * section with the stage's name.
 */
function keysOf(flow: Flow) {
  const keys = z.strictObject({
    flow: z
      .string()
      .default('')
      .describe('module of a pipeline of your own, see docs/flows.md; empty: the built-in pipeline')
      .transform(() => flow),
    dataDir: z.string().default('.steerflow').describe('folder of the log, shards, datasets, jobs and models'),
    promptTokens: tokens,
    attributes: z
      .string()
      .default('')
      .describe(
        'attribute set that the value model predicts; empty: the active model’s, or oasst-12-lang if servers declare no model',
      ),
    attributeSets: z
      .record(z.string().regex(/^[\w-]+@\d+$/, 'expected name@version'), OwnAttributeSet)
      .default({})
      .describe('attribute sets in addition to the built-in ones, by name@version'),
    log: Log.prefault({}).describe('where records are kept: in the data folder (embedded), or in Kafka'),
    topics: z
      .partialRecord(
        z.enum(specsOf(flow.topics).map(topic => topic.name)),
        z.strictObject({
          partitions: z.int().min(1).max(256).optional().describe('partitions; may grow, never shrink'),
          retentionDays: retentionDays()
            .gt(0)
            .optional()
            .describe('days after which a record is deleted once all its readers have read it'),
        }),
      )
      .default({})
      .describe('partitions and retention of topics, by name, if they differ from topics/*.yaml'),
    registry: Registry.prefault({}).describe('the schema registry of a Kafka cluster'),
    records: z
      .strictObject({
        writeVersion: z
          .union([
            z.literal('latest'),
            z.partialRecord(
              // Values of other topics have no schema.
              z.enum(builtIn.topics.map(({ name }) => name)),
              z.union([z.literal('latest'), z.int().positive()]),
            ),
          ])
          .default('latest')
          .describe('schema version to write: latest, or numbers by topic; for upgrades, see docs/schemas.md'),
      })
      .prefault({})
      .describe('how records are written'),
    storage: Storage.prefault('folder').describe(
      'where sealed shards are kept: in the data folder (folder), or in a bucket; see docs/shards.md',
    ),
    ingest: z
      .strictObject({
        maxLineBytes: z
          .int()
          .min(lineBytesBounds.least)
          .max(lineBytesBounds.most)
          .default(32 * 2 ** 20)
          .describe('length limit of a line in bytes; a longer line becomes a dead letter'),
        map: SourceMap.prefault({}).describe(
          'names that sources use for keys and speakers, see docs/formats.md#names-of-your-own',
        ),
      })
      .prefault({})
      .describe('reading sources'),
    deadLetters: z
      .strictObject({
        maxShare: z
          .number()
          .positive()
          .max(1)
          .default(defaultBrake.maxShare)
          .describe(
            'share of dead letters with one code among the latest records of a node above which it waits; 1: never',
          ),
        window: z
          .int()
          .min(leastRecords)
          .max(10_000)
          .default(defaultBrake.window)
          .describe(`number of latest records to judge by; no judgement on fewer than ${leastRecords}`),
      })
      .prefault({})
      .describe('when a node waits instead of turning most records into dead letters; docs/operations.md'),
    preprocess: preprocess.options.prefault({}).describe('from source records to conversations'),
    clean: clean.options
      .extend({
        tokenizer: z
          .string()
          .default('')
          .describe('tokenizer.json or SentencePiece .model file; empty: the shipped one'),
        threads: z.int().min(1).max(256).default(2).describe('tokenizer threads'),
      })
      .prefault({})
      .describe('removing conversations without a learnt token'),
    annotate: annotate.options
      .extend({
        endpoints: entriesOf(flow.protocols)
          .prefault([])
          .describe(
            'inference servers of the value model, see docs/operations.md; none: this process serves the active baseline model',
          ),
        endpointsFile: servers.endpointsFile,
        model: z.string().default('external').describe('name of the model that the endpoints serve'),
        protocol: z
          .enum(['auto', 'per-attribute'])
          .default('auto')
          .describe('auto: one call per turn if possible; per-attribute: one call per attribute'),
        inFlight: servers.inFlight,
        deadlineSeconds: timerSeconds().default(120).describe('time limit of one call'),
        cachedTurns: z
          .int()
          .nonnegative()
          .max(10_000_000)
          .meta({
            description:
              'scored turns that are kept, about 1 kB each: one that comes again is not asked again; default: 20000, and 0 if protocol is per-attribute',
            examples: [10_000],
          })
          .optional(),
        concurrency: z
          .int()
          .positive()
          .meta({
            description: 'conversations in flight; default: as many as keep the servers busy',
            examples: [64],
          })
          .optional(),
        price: z
          .strictObject({
            perMillionPromptTokens: z.number().nonnegative().default(0).describe('price of a million prompt tokens'),
            perMillionCompletionTokens: z
              .number()
              .nonnegative()
              .default(0)
              .describe('price of a million generated tokens'),
            currency: z
              .string()
              .min(1)
              .default('USD')
              .describe('currency of these prices and of pricePerHour of endpoints'),
          })
          .prefault({})
          .describe('prices of servers that charge per token; 0: free'),
      })
      .prefault({})
      .describe('predicting the attributes of every turn'),
    sample: z
      .strictObject({
        endpoints: entriesOf(flow.protocols)
          .prefault([])
          .describe('inference servers of the SteerLM model, in the form of annotate.endpoints, see docs/protocols.md'),
        endpointsFile: servers.endpointsFile,
        inFlight: servers.inFlight,
        deadlineSeconds: timerSeconds().default(300).describe('time limit of one answer'),
        maxTokens: z.int().positive().default(512).describe('token limit of an answer'),
      })
      .prefault({})
      .describe('answers of the SteerLM model'),
    bootstrap: openRound.options
      .extend({
        loop: DatasetName.default('main').describe('name of the loop: its rounds are <loop>-1, <loop>-2, …'),
        dataset: DatasetName.refine(
          name => roundOfDataset(name) === null,
          'expected a dataset that does not belong to a round',
        )
          .default('steerlm')
          .describe('dataset whose latest snapshot provides prompts, label lines and replayed records'),
        ...RoundPlan.shape,
      })
      .prefault({})
      .describe('bootstrap rounds, see docs/bootstrap.md; recorded with a round when it is requested'),
    models: z
      .strictObject({
        keep: z
          .int()
          .positive()
          .nullable()
          .default(10)
          .describe(
            'number of newest models per role, and of last active ones, that keep their files and data; null: all',
          ),
      })
      .prefault({})
      .describe('the model registry, see docs/models.md'),
    launchers: LauncherSettings.prefault({}).describe('where training jobs run; docs/launchers.md'),
    datasets: z
      .record(DatasetRule, Dataset)
      .default({})
      .describe('cuts of shards, and training, by dataset: value-model, steerlm'),
  })
  const own: Record<never, z.ZodType> = stageSections(flow.stages, Object.keys(keys.shape))
  // The type of these sections is known only to their stages.
  return keys.extend(own).meta({ title: 'steerflow.yaml' })
}

/** The configuration of a flow. */
export const configOfFlow = perFlow(keysOf)

/** JSON Schema of the configuration of a flow. */
export const jsonSchemaOf = perFlow((flow): z.core.JSONSchema.JSONSchema =>
  z.toJSONSchema(configOfFlow(flow), { io: 'input' }),
)

/** The configuration of the built-in flow. */
export const Config = configOfFlow(builtIn)
export type Config = z.output<typeof Config>

/**
 * The settings of a dataset, by its name or by the rule that generates it, with defaults. The dataset of a round has the
 * settings of the dataset that its prompts come from, with a short seal age, unless `bootstrap-{round}` is set.
 */
export function datasetOf(config: Config, name: string): z.output<typeof Dataset> {
  const given = settledFor(config.datasets, name)
  if (given) return given
  if (roundOfDataset(name) === null) return Dataset.parse(trainedByDefault[name] ?? {})
  const alike = datasetOf(config, config.bootstrap.dataset)
  return { ...alike, seal: { ...alike.seal, ageSeconds: 30 } }
}

/** Sources of the endpoints of the value model (`annotate`) or of the SteerLM model (`sample`); null if there are none. */
export function endpointsOf(config: Config, of: 'annotate' | 'sample'): EndpointsSpec | null {
  const { endpoints: entries, endpointsFile: file } = config[of]
  if (entries.length === 0 && file === '') return null
  return { entries, file: file || null, protocols: config.flow.protocols }
}

/** The datasets of the pipeline and of the configuration. */
export const datasetNames = (config: Config): readonly string[] => [
  ...new Set([...Object.keys(trainedByDefault), ...Object.keys(config.datasets)]),
]

/** The configured prompt tokens. */
export const promptTokensOf = ({ promptTokens }: Config): PromptTokens =>
  promptTokens === 'control' ? controlTokens : extraIdTokens

/** Topic specifications for the log: the declared ones with the configured changes. */
export const topicSpecsOf = (config: Config): readonly TopicSpec[] =>
  specsOf(config.flow.topics).map(spec => {
    const { partitions = spec.partitions, retentionDays } = config.topics[spec.name] ?? {}
    const retention = retentionDays === undefined ? spec.retention : { keep: 'days' as const, days: retentionDays }
    return { ...spec, partitions, retention }
  })
