import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openTrainingIndexes } from '../../adapters/bootstrap/training-indexes.js'
import { startBaselineServer } from '../../adapters/baseline/server.js'
import { type EndpointsReport } from '../../adapters/inference/endpoints/events.js'
import { fleetFile, fleetFolder } from '../../adapters/inference/fleet-file.js'
import { followEndpoints } from '../../adapters/inference/endpoints/follow.js'
import { type Fleet, openFleet } from '../../adapters/inference/fleet.js'
import { type FleetStats } from '../../adapters/inference/pool/counters.js'
import { ActiveModel } from '../../adapters/models/active-model.js'
import { openValueModels, type OpenedValueModels } from '../../adapters/models/value-models.js'
import { openJobRunners } from '../../adapters/launchers/runners.js'
import { startCallbackListener } from '../../adapters/launchers/webhook/listener.js'
import { openShards } from '../../adapters/storage/shard-store.js'
import { openMasker } from '../../adapters/tokenizer/open-masker.js'
import { attributeSet } from '../../domain/attributes.js'
import { type Capabilities } from '../../stages/needs.js'
import { models } from '../../topics.js'
import { attributeSetOf, attributeSetsOf, endpointsOf, promptTokensOf } from '../config.js'
import { snapshotsOf } from '../training/snapshots.js'
import { type Workspace } from '../workspace.js'
import { openRoundCapabilities } from './round-capabilities.js'

/** The tokenizer that is shipped with the examples. */
export const shippedTokenizer = fileURLToPath(new URL('../../../examples/data/tokenizer.model.v1', import.meta.url))

/** Milliseconds after which a run says again what its servers do. */
const tellEveryMs = 1_000

/** Everything that the stages of the pipeline need, opened. */
export interface Opened {
  readonly capabilities: Capabilities
  readonly fleet: Fleet
  /** Records that nodes of costly stages may have under way now: as many as keep the servers busy, or what is configured. */
  readonly underWay: Readonly<Record<string, () => number>>
  readonly valueModels: OpenedValueModels
  /** Whether `annotate` has a model to ask now. */
  hasValueModel(): Promise<boolean>
  close(): Promise<void>
}

/** Opens the capabilities of a workspace; `report` hears of endpoints that come and go. @throws what the adapters throw. */
export async function openCapabilities(
  workspace: Workspace,
  report: EndpointsReport = () => undefined,
): Promise<Opened> {
  const { config, root, files, log } = workspace
  const tokens = promptTokensOf(config)
  const { protocol, inFlight, deadlineSeconds } = config.annotate
  const set = attributeSetOf(config)
  const fleet = openFleet({
    endpoints: [],
    attributeSet: set,
    tokens,
    protocol,
    ...(inFlight !== null && { mostInFlight: inFlight }),
    deadlineMs: deadlineSeconds * 1000,
  })
  const sources = endpointsOf(config.annotate)
  const following = sources && (await followEndpoints(sources, { fleet, set, report }))
  const model = config.clean.tokenizer || shippedTokenizer
  const masker = await openMasker({ model, tokens, threads: config.clean.threads })
  const active = new ActiveModel(log, models, 'value')
  const valueModels = openValueModels({
    fleet,
    active,
    external: sources ? config.annotate.model : null,
    serve: record => startBaselineServer({ modelPath: modelFile(root, record.path), tokens }),
  })
  const trainingIndexes = openTrainingIndexes(root)
  const rounds = await openRoundCapabilities(workspace, valueModels, report)
  const capabilities: Capabilities = {
    ...rounds.capabilities,
    trainingIndexes,
    attributeSets: { set: name => attributeSet(name, attributeSetsOf(config)) },
    masker,
    valueModels,
    shards: await openShards(root, files),
    snapshots: await snapshotsOf(workspace),
    runners: openJobRunners(root, config.launchers),
  }
  const { webhook } = config.launchers
  const listens = webhook.callback.url !== '' && webhook.callback.port !== null
  const listener = listens ? await startCallbackListener(root, webhook) : null
  const file = fleetFile(fleetFolder(root))
  const stats = (): FleetStats => {
    const values = fleet.stats()
    return { ...values, endpoints: [...values.endpoints, ...rounds.policies.stats()] }
  }
  const telling = setInterval(() => file.write(stats()), tellEveryMs).unref()
  const conversations = (): number => config.annotate.concurrency ?? fleet.conversations()
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
    close: async () => {
      clearInterval(telling)
      file.remove()
      following?.stop()
      await listener?.close()
      trainingIndexes.close()
      await rounds.policies.close()
      await valueModels.close()
      await fleet.close()
      await masker.close()
    },
  }
}

/** A registered model is a folder with `model.json`, or the file itself. */
function modelFile(root: string, path: string): string {
  const inFolder = join(root, path, 'model.json')
  return existsSync(inFolder) ? inFolder : join(root, path)
}
