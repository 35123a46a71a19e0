import { addressOf, declared } from '../../adapters/inference/endpoints/declared.js'
import type { EndpointEntry } from '../../adapters/inference/endpoints/entry.js'
import { readEndpointsFile } from '../../adapters/inference/endpoints/file.js'
import { shownUrl } from '../../adapters/inference/credentials.js'
import { readRegistry } from '../../adapters/models/active-model.js'
import { explain } from '../../domain/errors.js'
import { attributeSets } from '../../domain/attributes.js'
import { byPerson, decidingOf, decidingText } from '../../domain/promotion-rule.js'
import { promote } from '../../stages/promote.js'
import { nodeOptions } from '../node-options.js'
import { emptyRole } from '../../domain/model-registry.js'
import { liveManifests } from '../../domain/shard.js'
import type { Log } from '../../runtime/log.js'
import { models, shards } from '../../topics.js'
import { agreedSetOf, askedSetOf, attributeSetOf, attributeSetsOf } from '../attribute-sets.js'
import { type Config, datasetOf, endpointsOf } from '../config.js'
import { readTopic } from '../read-topic.js'
import { fail, type Finding, ok, together, warn } from './check.js'

const todo = 'Correct attributes, or omit it to use the set of the active value model.'

/**
 * Checks that the servers' protocols can return labels of the requested set.
 * @throws STEERFLOW_CONFIG_INVALID if the set does not exist, or a source of endpoints cannot be read
 */
export async function attributesServed(config: Config): Promise<Finding> {
  const set = attributeSetOf(config)
  const findings = (await entriesOf(config)).map(entry => {
    const url = entry.url ?? entry.dns!
    try {
      addressOf(declared(entry, url, {}), set, config.flow.protocols)
      return ok('')
    } catch (error) {
      return fail(`${shownUrl(url)}: ${explain(error)}`, todo)
    }
  })
  const asked = askedSetOf(config)
  if (asked) findings.push(decidable(config, 'value-model', asked.name, 'attributes asks for'))
  return together(findings, asked ? asked.name : "the active value model's own")
}

/**
 * Checks that models and data share one attribute set, the requested one. Data with several sets stops a run only if a model
 * is still to be trained on it.
 */
export async function attributesAgree(config: Config, log: Log): Promise<Finding> {
  const there = new Set((await log.topics()).map(({ name }) => name))
  if (!there.has(models.name) || !there.has(shards.name)) return ok('there is no data yet')
  const { active, models: known } = (await readRegistry(log, models)).get('value') ?? emptyRole
  const served = (await entriesOf(config)).map(({ model }) => model)
  const registered = [...known.values()].filter(
    ({ model, digest }) => served.includes(model) || served.includes(digest) || model === active?.model,
  )
  const findings = registered.map(({ model, attribute_set }) =>
    agreed(config, attribute_set, `the value model ${model} predicts`),
  )

  const dataset = 'value-model'
  const events = await readTopic(log, shards)
  const live = liveManifests(
    events.flatMap(({ dataset: of, manifest }) => (of === dataset && manifest ? [manifest] : [])),
  )
  const sets = [...new Set(live.map(({ attribute_set }) => attribute_set))].sort()
  const learns =
    endpointsOf(config, 'annotate') === null && active === null && datasetOf(config, dataset).trainer !== 'none'
  if (sets.length > 1) {
    const detail = `the records of the dataset ${dataset} have several attribute sets, ${sets.join(' and ')}, but a model learns only one`
    findings.push((learns ? fail : warn)(detail, 'Ingest the data of each set with its own --data-dir.'))
  } else if (learns && sets.length === 1) {
    findings.push(agreed(config, sets[0]!, `the records of the dataset ${dataset} are labelled with`))
  }
  for (const name of sets)
    findings.push(decidable(config, dataset, name, `the records of the dataset ${dataset} are labelled with`))
  const all = [...new Set([...registered.map(({ attribute_set }) => attribute_set), ...sets])]
  return together(findings, all.length === 0 ? 'there is no data yet' : all.join(', '))
}

/** The attribute in promote.attribute; null if no rule promotes models. */
function decidesBy(config: Config): string | null {
  const node = config.flow.nodes.find(({ stage }) => stage.name === promote.name)
  if (!node) return null
  const { attribute } = promote.options.parse(nodeOptions(config, node))
  return attribute === byPerson ? null : attribute
}

/** Checks that the promotion rule can compare models of a set; otherwise no model would ever replace the first. */
function decidable(config: Config, dataset: string, name: string, whose: string): Finding {
  const wanted = decidesBy(config)
  const set = [...attributeSetsOf(config), ...Object.values(attributeSets)].find(one => one.name === name)
  if (wanted === null || set === undefined || datasetOf(config, dataset).trainer === 'none') return ok('')
  const keys = set.attributes.map(({ key }) => key)
  if (decidingOf(wanted, keys) !== null) return ok('')
  const detail =
    `${whose} ${name} (${keys.join(', ')}), but models are compared by ${decidingText(wanted)} ` +
    '(promote.attribute), which the set does not have'
  const next = `Set promote.attribute to one of ${keys.join(', ')}, or to ${byPerson} to decide yourself with steerflow models promote.`
  // With configured servers, a newly trained model replaces nothing, so this is only a warning.
  return (endpointsOf(config, 'annotate') === null ? fail : warn)(detail, next)
}

/** Endpoint entries of the configuration and of its endpoints file, without DNS look-ups. */
async function entriesOf(config: Config): Promise<readonly EndpointEntry[]> {
  const spec = endpointsOf(config, 'annotate')
  if (!spec) return []
  return [...spec.entries, ...(spec.file === null ? [] : await readEndpointsFile(spec.file, spec.protocols))]
}

/** Checks a set against the requested one. */
function agreed(config: Config, set: string, whose: string): Finding {
  try {
    return ok(agreedSetOf(config, set, whose).name)
  } catch (error) {
    return fail(explain(error), todo)
  }
}
