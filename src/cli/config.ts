import { z } from 'zod'
import { attributeSet, type AttributeSet } from '../domain/attributes.js'
import { controlTokens, extraIdTokens, type PromptTokens } from '../domain/prompt-tokens.js'
import { annotate } from '../stages/annotate.js'
import { clean } from '../stages/clean.js'
import { openRound } from '../stages/open-round.js'
import { preprocess } from '../stages/preprocess.js'
import { roundOfDataset } from '../domain/bootstrap/round.js'
import { RoundPlan } from '../domain/bootstrap/round-plan.js'
import { DatasetName } from '../domain/shard.js'
import { settledFor } from '../domain/dataset-rule.js'
import { seal } from '../stages/seal.js'
import { trainedByDefault, trigger } from '../stages/trigger.js'
import { EndpointEntries } from '../adapters/inference/endpoints/entry.js'
import { type EndpointsSpec } from '../adapters/inference/endpoints/watch.js'
import { LauncherSettings } from '../adapters/launchers/settings.js'
import { KafkaSettings } from '../adapters/log/kafka/settings.js'
import { S3Settings } from '../adapters/storage/s3/settings.js'
import { type TopicSpec } from '../runtime/log.js'
import { topicSpecs, topics } from '../topics.js'

const tokens = z
  .enum(['extra-id', 'control'])
  .default('extra-id')
  .describe('prompt tokens: extra-id is <extra_id_0..2>, control is \\x00 \\x11 \\x12; training must use the same')

const SnapshotFiles = z.strictObject({
  gzip: z.boolean().default(false).describe('also as *.jsonl.gz'),
  parquet: z.boolean().default(false).describe('also as *.parquet, with scores and labels in typed columns'),
  license: z.string().default('').describe('licence of the records, for the dataset card; empty: not stated'),
})

const Dataset = z.strictObject({
  seal: seal.options.omit({ dataset: true }).prefault({}).describe('when shards are cut'),
  snapshot: SnapshotFiles.prefault({}).describe('files of its snapshots beside JSON lines, see docs/datasets.md'),
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
  .refine(({ keys }) => new Set(keys).size === keys.length, 'a key stands twice')

const maxBytes = 64 * 2 ** 30

/** `embedded`, or the budget of the embedded log, or Kafka; what is not said is the embedded log. */
const Log = z
  .union(
    [
      z.literal('embedded'),
      z
        .strictObject({
          maxBytes: z
            .int()
            .positive()
            .meta({
              description: 'budget of the embedded log in bytes; ingest waits when it is used up',
              examples: [maxBytes],
            })
            .optional(),
          kafka: KafkaSettings.optional().describe('the cluster that holds the records, in place of the embedded log'),
        })
        .refine(log => log.kafka === undefined || log.maxBytes === undefined, {
          message: 'maxBytes belongs to the embedded log: leave it out where there is kafka',
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
    [
      z.literal('folder'),
      z.strictObject({ s3: S3Settings.describe('a bucket of S3, or of a server that speaks its protocol') }),
    ],
    { error: 'expected folder, or the key s3' },
  )
  .transform((storage): { readonly s3?: S3Settings } => (storage === 'folder' ? {} : storage))

const Registry = z.strictObject({
  url: z
    .union([
      z.literal(''),
      z
        .url({ protocol: /^https?$/ })
        .refine(
          url => !new URL(url).username && !new URL(url).password,
          'takes no password: set username and password',
        ),
    ])
    .default('')
    .describe('base of a Confluent-compatible registry, below which /subjects lies; empty: ids of schemas/index.json'),
  username: z.string().default('').describe('user of the registry; empty: no authentication'),
  password: z
    .string()
    .default('')
    .meta({ description: 'password of the user; better in STEERFLOW_REGISTRY_PASSWORD', writeOnly: true }),
  autoRegister: z
    .boolean()
    .default(false)
    .describe('register missing schemas at start, in place of `steerflow schemas register` beforehand'),
})

/** Keys that the servers of the value model and of the SteerLM model have alike. */
const servers = {
  endpointsFile: z
    .string()
    .default('')
    .describe('YAML or JSON file with more entries like those of endpoints, read again whenever it changes'),
  inFlight: z
    .int()
    .positive()
    .nullable()
    .default(null)
    .describe('most calls under way at one server, below which the best number is found; null: no such bound'),
}

/**
 * Everything that can be set, in `steerflow.yaml`, by `STEERFLOW_*` variables, or by `--set path=value`. Stages' own
 * options stand under the stage's name.
 */
export const Config = z
  .strictObject({
    dataDir: z.string().default('.steerflow').describe('folder of the log, shards, datasets, jobs and models'),
    promptTokens: tokens,
    attributes: z.string().default('oasst-12-lang').describe('attribute set that the value model predicts'),
    attributeSets: z
      .record(z.string().regex(/^[\w-]+@\d+$/, 'expected name@version'), OwnAttributeSet)
      .default({})
      .describe('attribute sets beside those that are known, by name@version'),
    log: Log.prefault({}).describe('where records are kept: in the data folder (embedded), or in Kafka'),
    topics: z
      .partialRecord(
        z.enum(topicSpecs.map(topic => topic.name)),
        z.strictObject({
          partitions: z.int().min(1).max(256).optional().describe('partitions; may grow, never shrink'),
          retentionDays: z.number().positive().optional().describe('days after which a record that all have read goes'),
        }),
      )
      .default({})
      .describe('partitions and retention of topics, by name, where they differ from topics/*.yaml'),
    registry: Registry.prefault({}).describe('the schema registry of a Kafka cluster'),
    records: z
      .strictObject({
        writeVersion: z
          .union([
            z.literal('latest'),
            z.partialRecord(z.enum(topics.map(({ name }) => name)), z.union([z.literal('latest'), z.int().positive()])),
          ])
          .default('latest')
          .describe('schema version that is written: latest, or numbers by topic; for upgrades, see docs/schemas.md'),
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
          .positive()
          .default(32 * 2 ** 20)
          .describe('longest line that is read; a longer one becomes a dead letter'),
      })
      .prefault({})
      .describe('reading sources'),
    preprocess: preprocess.options.prefault({}).describe('from source records to conversations'),
    clean: clean.options
      .extend({
        tokenizer: z.string().default('').describe('SentencePiece .model file; empty: the one that is shipped'),
        threads: z.int().positive().default(2).describe('worker threads that tokenize'),
      })
      .prefault({})
      .describe('leaving out what nothing is learnt from'),
    annotate: annotate.options
      .extend({
        endpoints: EndpointEntries.prefault([]).describe(
          'inference servers of the value model, see docs/operations.md; none: this process serves the active baseline model',
        ),
        endpointsFile: servers.endpointsFile,
        model: z.string().default('external').describe('name of the model that the endpoints serve'),
        protocol: z.enum(['auto', 'per-attribute']).default('auto').describe('one call a turn, or one an attribute'),
        inFlight: servers.inFlight,
        deadlineSeconds: z.number().positive().default(120).describe('longest that one call may take'),
        concurrency: z
          .int()
          .positive()
          .meta({ description: 'conversations under way; left out: as many as keep the servers busy', examples: [64] })
          .optional(),
        price: z
          .strictObject({
            perMillionPromptTokens: z.number().nonnegative().default(0).describe('of the tokens that are sent'),
            perMillionCompletionTokens: z
              .number()
              .nonnegative()
              .default(0)
              .describe('of the tokens that are generated'),
            currency: z.string().min(1).default('USD').describe('of these prices, and of pricePerHour of endpoints'),
          })
          .prefault({})
          .describe('what servers that are paid by the token cost; 0: nothing'),
      })
      .prefault({})
      .describe('predicting the attributes of every turn'),
    sample: z
      .strictObject({
        endpoints: EndpointEntries.prefault([]).describe(
          'inference servers of the SteerLM model, as those of annotate, see docs/protocols.md',
        ),
        endpointsFile: servers.endpointsFile,
        inFlight: servers.inFlight,
        deadlineSeconds: z.number().positive().default(300).describe('longest that one answer may take'),
        maxTokens: z.int().positive().default(512).describe('most tokens of an answer'),
      })
      .prefault({})
      .describe('answers of the SteerLM model'),
    bootstrap: openRound.options
      .extend({
        loop: DatasetName.default('main').describe('name of the loop: its rounds are <loop>-1, <loop>-2, …'),
        dataset: DatasetName.refine(name => roundOfDataset(name) === null, 'expected a dataset that is no round’s')
          .default('steerlm')
          .describe('dataset whose latest snapshot gives prompts, lines and replayed records'),
        ...RoundPlan.shape,
      })
      .prefault({})
      .describe('bootstrap rounds, see docs/bootstrap.md; recorded with a round when it is asked for'),
    launchers: LauncherSettings.prefault({}).describe(
      'where training jobs run that do not run here; docs/launchers.md',
    ),
    datasets: z
      .record(z.string(), Dataset)
      .default({})
      .describe('how shards are cut and what is trained on them, by dataset: value-model, steerlm'),
  })
  .meta({ title: 'steerflow.yaml' })
export type Config = z.output<typeof Config>

/** The rule that names the datasets of bootstrap rounds. */
const ofRounds = 'bootstrap-{round}'

/**
 * The settings of a dataset, by its name or the rule that gives it, with its defaults. A round is trained on as the dataset
 * is that its prompts come from, unless `bootstrap-{round}` says otherwise; its last shard is waited for, and not for long.
 */
export function datasetOf(config: Config, name: string): z.output<typeof Dataset> {
  const given = settledFor(config.datasets, name)
  if (given) return given
  if (roundOfDataset(name) === null) return Dataset.parse(trainedByDefault[name] ?? {})
  const alike = datasetOf(config, config.bootstrap.dataset)
  return { ...alike, seal: { ...alike.seal, ageSeconds: 30 } }
}

/** Where endpoints come from, those of the value model or of the SteerLM model; null: from nowhere. */
export function endpointsOf({ endpoints, endpointsFile }: Config['annotate'] | Config['sample']): EndpointsSpec | null {
  if (endpoints.length === 0 && endpointsFile === '') return null
  return { entries: endpoints, file: endpointsFile === '' ? null : endpointsFile }
}

/** The datasets of the pipeline, and those that the configuration adds. */
export const datasetNames = (config: Config): readonly string[] => [
  ...new Set([...Object.keys(trainedByDefault), ...Object.keys(config.datasets)]),
]

/** The attribute sets that the configuration adds. */
export const attributeSetsOf = ({ attributeSets }: Config): readonly AttributeSet[] =>
  Object.entries(attributeSets).map(([name, { keys, min, max, language }]) => ({
    name,
    attributes: keys.map(key => ({ key, min, max })),
    language,
  }))

/** The attribute set that the value model predicts. @throws STEERFLOW_CONFIG_INVALID */
export const attributeSetOf = (config: Config): AttributeSet => attributeSet(config.attributes, attributeSetsOf(config))

/** The prompt tokens that a configuration names. */
export const promptTokensOf = ({ promptTokens }: Config): PromptTokens =>
  promptTokens === 'control' ? controlTokens : extraIdTokens

/** What the log is told of the topics: the declared ones, with what the configuration changes. */
export const topicSpecsOf = (config: Config): readonly TopicSpec[] =>
  topicSpecs.map(spec => {
    const { partitions = spec.partitions, retentionDays } = config.topics[spec.name] ?? {}
    const retention = retentionDays === undefined ? spec.retention : { keep: 'days' as const, days: retentionDays }
    return { ...spec, partitions, retention }
  })

/** The options of a node: those of its stage, from the part of the configuration that carries the stage's name. */
export function nodeOptions(
  config: Config,
  node: { readonly stage: string; readonly fixed: Readonly<Record<string, unknown>> },
): unknown {
  switch (node.stage) {
    case 'preprocess':
      return config.preprocess
    case 'clean':
      return pick(config.clean, clean.options)
    case 'annotate':
    case 'relabel':
      return pick(config.annotate, annotate.options)
    case 'gate':
      return { controlTokens: config.clean.controlTokens }
    case 'open-round':
      return pick(config.bootstrap, openRound.options)
    case 'seal':
      return datasetOf(config, String(node.fixed.dataset)).seal
    case 'trigger': {
      const settings = [...new Set([...datasetNames(config), ofRounds])].map(name => {
        const { seal: _seal, snapshot: _snapshot, ...rest } = datasetOf(config, name)
        return [name, rest] as const
      })
      return { datasets: Object.fromEntries(settings) }
    }
    default:
      return {}
  }
}

/** The keys that a stage knows, out of a section that holds an adapter's too. */
const pick = (section: Readonly<Record<string, unknown>>, options: z.ZodObject): Record<string, unknown> =>
  Object.fromEntries(Object.keys(options.shape).map(key => [key, section[key]]))
