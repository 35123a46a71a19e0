import { openMaterials } from '../../adapters/bootstrap/materials.js'
import { openPolicies, type OpenedPolicies } from '../../adapters/bootstrap/policies.js'
import { RoundsOnRecord } from '../../adapters/bootstrap/rounds-on-record.js'
import { type EndpointsReport } from '../../adapters/inference/endpoints/events.js'
import { ActiveModel } from '../../adapters/models/active-model.js'
import { type OpenedValueModels } from '../../adapters/models/value-models.js'
import { openSpool } from '../../adapters/storage/spool.js'
import { type Capabilities } from '../../stages/needs.js'
import { forgottenTrees } from '../../domain/forgotten.js'
import { forgotten, models, rounds as topic } from '../../topics.js'
import { openAnswering } from '../ask/fleet.js'
import { attributeSetOf, endpointsOf } from '../config.js'
import { readTopic } from '../read-topic.js'
import { type Workspace } from '../workspace.js'

/** What the stages of bootstrap rounds need, opened. */
export interface RoundCapabilities {
  readonly capabilities: Pick<Capabilities, 'policies' | 'rounds' | 'roundMaterials'>
  readonly policies: OpenedPolicies
  /** Prompts that amount to so many requests, in the rounds that are open. */
  prompts(requests: number): number
}

/** Opens them; servers of SteerLM models are not looked at before a round asks for one. */
export async function openRoundCapabilities(
  { config, root, log }: Workspace,
  valueModels: Pick<OpenedValueModels, 'current'>,
  report: EndpointsReport,
): Promise<RoundCapabilities> {
  const rounds = new RoundsOnRecord(log, topic)
  // Every answer has a seed of its own, and the answers of one request share theirs.
  const policies = openPolicies({
    open: endpointsOf(config.sample) && (() => openAnswering(config, null, { report, batch: 1 })),
    active: new ActiveModel(log, models, 'steerlm'),
  })
  const roundMaterials = openMaterials({
    root,
    spool: await openSpool(root),
    dataset: config.bootstrap.dataset,
    attributeSet: attributeSetOf(config),
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
