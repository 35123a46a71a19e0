import { openMaterials } from '../../adapters/bootstrap/materials.js'
import { openPolicies, type OpenedPolicies } from '../../adapters/bootstrap/policies.js'
import { RoundsOnRecord } from '../../adapters/bootstrap/rounds-on-record.js'
import type { EndpointsReport } from '../../adapters/inference/endpoints/events.js'
import { ActiveModel } from '../../adapters/models/active-model.js'
import { type OpenedValueModels, openValueModels } from '../../adapters/models/value-models.js'
import { openSpool } from '../../adapters/storage/spool.js'
import type { Capabilities } from '../../stages/needs.js'
import { forgottenTrees } from '../../domain/forgotten.js'
import { forgotten, models, rounds as topic } from '../../topics.js'
import { openAnswering } from '../ask/fleet.js'
import { attributeSet } from '../../domain/attributes.js'
import type { Waits, Wait } from '../../runtime/waits.js'
import { askedSetOf, attributeSetsOf, agreedSetOf, attributeSetOf } from '../attribute-sets.js'
import { endpointsOf, promptTokensOf } from '../config.js'
import { readTopic } from '../read-topic.js'
import type { Workspace } from '../workspace.js'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { openTrainingIndexes } from '../../adapters/bootstrap/training-indexes.js'
import { startBaselineServer } from '../../adapters/baseline/server.js'
import { fleetFile } from '../../adapters/inference/fleet-file.js'
import { followEndpoints } from '../../adapters/inference/endpoints/follow.js'
import { type Fleet, openFleet } from '../../adapters/inference/fleet.js'
import type { FleetStats } from '../../adapters/inference/pool/stats.js'
import type { OutageNow } from '../../adapters/inference/pool/outage.js'
import { openJobRunners } from '../../adapters/launchers/runners.js'
import { startCallbackListener } from '../../adapters/launchers/webhook/listener.js'
import { below } from '../../adapters/storage/below.js'
import { openShards } from '../../adapters/storage/shard-store.js'
import { workersFolder } from '../../adapters/workers/report-file.js'
import { openMasker } from '../../adapters/tokenizer/open-masker.js'
import { SteerflowError } from '../../domain/errors.js'
import type { ModelRecord } from '../../domain/model.js'
import { isPathBelow } from '../../domain/names.js'
import { type Closers, openedTogether } from './closers.js'
import { snapshotsOf } from '../training/snapshots.js'

/** Opened capabilities for the stages of bootstrap rounds. */
export interface RoundCapabilities {
  readonly capabilities: Pick<Capabilities, 'policies' | 'rounds' | 'roundMaterials'>
  readonly policies: OpenedPolicies
  /** Number of prompts that cause this many requests in the open rounds. */
  prompts(requests: number): number
}

/** Opens the capabilities. Servers of SteerLM models are contacted only once a round needs one. */
export async function openRoundCapabilities(
  { config, root, log }: Workspace,
  valueModels: Pick<OpenedValueModels, 'current'>,
  report: EndpointsReport,
  waits: Waits,
  closers: Closers,
): Promise<RoundCapabilities> {
  const rounds = new RoundsOnRecord(log, topic, undefined, waits)
  // A batch of 1, since all answers of a request share a seed and each answer needs its own.
  const policies = closers.add(
    openPolicies({
      open: endpointsOf(config, 'sample') && (() => openAnswering(config, null, { report, batch: 1 })),
      active: new ActiveModel(log, models, 'steerlm'),
      waits,
    }),
    one => one.close(),
  )
  const roundMaterials = openMaterials({
    root,
    spool: await openSpool(root),
    waits,
    dataset: config.bootstrap.dataset,
    attributeSet: data => askedSetOf(config) ?? attributeSet(data, attributeSetsOf(config)),
    valueModel: () => valueModels.current(),
    policy: () => policies.current(),
    forgotten: async dataset => forgottenTrees(await readTopic(log, forgotten), dataset),
  })
  return {
    capabilities: { policies, rounds, roundMaterials },
    policies,
    prompts: requests => Math.max(4, Math.ceil(requests / rounds.samples)),
  }
}

/** The tokenizer shipped with the examples. */
export const shippedTokenizer = fileURLToPath(new URL('../../../examples/data/tokenizer.model.v1', import.meta.url))

/** Interval at which a run reports the state of its servers, in milliseconds. */
const tellEveryMs = 1_000

/** Shortest outage in milliseconds; shorter ones are just failed calls. */
const outageMs = 1_000

/** The opened capabilities of all stages. */
export interface Opened {
  readonly capabilities: Capabilities
  readonly fleet: Fleet
  /** Current limit on records in flight per costly stage: the configured one, or enough to keep the servers busy. */
  readonly underWay: Readonly<Record<string, () => number>>
  readonly valueModels: OpenedValueModels
  /** True if `annotate` has a model now. */
  hasValueModel(): Promise<boolean>
  /** Current waits, including an outage, longest first. */
  waits(): readonly Wait[]
  /** Current waits and loads. */
  stands(): { readonly waits: readonly Wait[]; readonly loads: readonly Wait[] }
  /** Calls of inference servers in flight. */
  calls(): number
  /** The current outage of the value model's or the SteerLM model's servers; null if there is none. */
  outage(): OutageNow | null
  close(): Promise<void>
}

/**
 * Opens the capabilities of a workspace.
 * @param report receives joins and leaves of endpoints, and outages
 * @param known receives all other waits
 * @throws the errors of the adapters
 */
export const openCapabilities = (workspace: Workspace, report: EndpointsReport, known: Waits): Promise<Opened> =>
  openedTogether(closers => openAll(workspace, report, known, closers))

async function openAll(workspace: Workspace, report: EndpointsReport, known: Waits, closers: Closers): Promise<Opened> {
  const { config, root, files, log } = workspace
  const tokens = promptTokensOf(config)
  const { protocol, inFlight, deadlineSeconds, cachedTurns } = config.annotate
  const set = attributeSetOf(config)
  const fleet = closers.add(
    openFleet({
      endpoints: [],
      attributeSet: set,
      tokens,
      protocol,
      ...(inFlight !== null && { mostInFlight: inFlight }),
      ...(cachedTurns !== undefined && { cacheEntries: cachedTurns }),
      deadlineMs: deadlineSeconds * 1000,
      report,
    }),
    one => one.close(),
  )
  const sources = endpointsOf(config, 'annotate')
  if (sources) closers.add(await followEndpoints(sources, { fleet, set, report }), one => one.stop())
  const model = config.clean.tokenizer || shippedTokenizer
  const masker = closers.add(
    await known.load(`the tokenizer ${model}`, () => openMasker({ model, tokens, threads: config.clean.threads })),
    one => one.close(),
  )
  const active = new ActiveModel(log, models, 'value')
  const valueModels = closers.add(
    openValueModels({
      fleet,
      active,
      external: sources ? config.annotate.model : null,
      attributeSet: ({ model, attribute_set }) =>
        agreedSetOf(config, attribute_set, `the value model ${model} predicts`),
      waits: known,
      serve: record => {
        const modelPath = modelFile(root, record)
        return known.load(`the value model ${modelPath}`, () => startBaselineServer({ modelPath, tokens }))
      },
    }),
    one => one.close(),
  )
  const trainingIndexes = closers.add(openTrainingIndexes(root, known), one => one.close())
  const rounds = await openRoundCapabilities(workspace, valueModels, report, known, closers)
  const capabilities: Capabilities = {
    ...rounds.capabilities,
    formats: config.flow.formats,
    trainingIndexes,
    attributeSets: { set: name => attributeSet(name, attributeSetsOf(config)) },
    masker,
    valueModels,
    chosenValueModels: valueModels,
    shards: await openShards(root, files),
    snapshots: await snapshotsOf(workspace, known),
    runners: openJobRunners(root, config.launchers, config.flow.trainers),
  }
  const { webhook } = config.launchers
  const listens = webhook.callback.url !== '' && webhook.callback.port !== null
  if (listens) closers.add(await startCallbackListener(root, webhook), one => one.close())
  const file = closers.add(fleetFile(workersFolder(root)), one => one.remove())
  const stats = (): FleetStats => {
    const values = fleet.stats()
    return { ...values, endpoints: [...values.endpoints, ...rounds.policies.stats()] }
  }
  const outage = (): OutageNow | null => fleet.outage() ?? rounds.policies.outage()
  const waits = (): readonly Wait[] => [...known.current(), ...outageWait(outage())].sort((a, b) => a.since - b.since)
  const stands = () => ({ waits: waits(), loads: known.loads() })
  closers.add(setInterval(() => file.write(stats(), stands()), tellEveryMs).unref(), clearInterval)
  const conversations = (): number => config.annotate.concurrency ?? fleet.requests()
  return {
    capabilities,
    fleet,
    underWay: {
      annotate: conversations,
      relabel: conversations,
      sample: () => rounds.prompts(rounds.policies.requests()),
      score: () => rounds.prompts(conversations()),
    },
    valueModels,
    hasValueModel: () => valueModels.ready(),
    waits,
    stands,
    calls: () => stats().endpoints.reduce((sum, { inFlight }) => sum + inFlight, 0),
    outage,
    close: () => closers.close(),
  }
}

/** A lasting outage as a wait for a server that answers. */
const outageWait = (now: OutageNow | null): readonly Wait[] =>
  now && now.ms >= outageMs
    ? [
        {
          what: `an inference server that answers: ${now.cause}`,
          waiting: 1,
          since: performance.timeOrigin + performance.now() - now.ms,
        },
      ]
    : []

/**
 * The file of a registered model: its path is a folder with `model.json`, or the file itself.
 * @throws STEERFLOW_MODEL_INVALID if the recorded path is not below the data folder
 */
function modelFile(root: string, { model, path }: ModelRecord): string {
  if (!isPathBelow(path)) {
    const where = path === '' ? 'has no known path' : `is at ${path.slice(0, 200)}`
    throw new SteerflowError(
      'STEERFLOW_MODEL_INVALID',
      `${model} ${where}, not below the data folder: it cannot be served here`,
    )
  }
  const inFolder = below(root, path, 'model.json')
  return existsSync(inFolder) ? inFolder : below(root, path)
}
