import { readdir, rm } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import type { AttributeSet } from '../../domain/attributes.js'
import { type Policy, Round, type RoundEvent } from '../../domain/bootstrap/round.js'
import { RoundPlan } from '../../domain/bootstrap/round-plan.js'
import { SteerflowError } from '../../domain/errors.js'
import type { Snapshot } from '../../domain/job.js'
import { loosen } from '../../domain/loose.js'
import { Waits } from '../../runtime/waits.js'
import type { RoundMaterials } from '../../stages/needs.js'
import { findSnapshot, type SnapshotManifest } from '../snapshot/read-snapshot.js'
import { below, solidBelow } from '../storage/below.js'
import { makeFolder, storing, writeFirst } from '../storage/durable.js'
import { readSmallJson } from '../storage/small-file.js'
import { localFolder } from '../storage/local-folder.js'
import type { Spool } from '../storage/spool.js'
import { choosePrompts } from './choose-prompts.js'
import { PromptFile } from './prompt-file.js'

export interface MaterialsOptions {
  /** The data folder: snapshots are read, and rounds kept, below it. */
  readonly root: string
  readonly spool: Spool
  /** The dataset whose latest snapshot a round is made of. */
  readonly dataset: string
  /** What value models are asked for, where the training data is labelled with the set of that name. */
  readonly attributeSet: (data: string) => AttributeSet
  /** The value model that is active now, and the attribute set that it was trained on where that is known; or null. */
  readonly valueModel: () => Promise<{ readonly digest: string; readonly attributeSet: string | null } | null>
  /** Ids of the trees that every later snapshot of a dataset leaves out: nothing is asked of them. None unless told otherwise. */
  readonly forgotten?: (dataset: string) => Promise<ReadonlySet<string>>
  /** What is sampled where a request names no model. */
  readonly policy: () => Promise<Policy>
  /** Where it is said that prompts are chosen. */
  readonly waits?: Waits
}

const LooseRound = loosen(Round)

/** Rounds whose files are kept open. */
const openFiles = 8
/** Bytes of the longest `round.json`. */
const longestRound = 16 << 20

/**
 * What rounds are made of, in `bootstrap/<round>` of the data folder: the prompts, in a file that is called by its digest,
 * and `round.json`, which is written last. The first that writes it has decided: whoever opens the round again, after a
 * crash or beside, gets that, whatever is the latest snapshot or the active model by then.
 */
export function openMaterials(options: MaterialsOptions): RoundMaterials {
  const root = resolve(options.root)
  const files = new Map<string, Promise<PromptFile>>()

  const recorded = (round: string): Promise<Round | null> =>
    storing(`read the round ${round}`, async () => {
      try {
        return LooseRound.parse(await readSmallJson(below(root, folderOf(round), 'round.json'), longestRound))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
        throw error
      }
    })

  const open = async (request: RoundEvent): Promise<Round> => {
    const known = await recorded(request.round)
    if (known) return known
    const { waits = new Waits() } = options
    const round = await waits.load(`the prompts of the round ${request.round}`, () => make(options, root, request))
    const path = await solidBelow(root, folderOf(round.round), 'round.json')
    await storing(`write ${path}`, () => writeFirst(path, `${JSON.stringify(round, null, 2)}\n`))
    const decided = (await recorded(round.round))!
    await removeOthers(root, decided)
    return decided
  }

  return {
    open,
    prompts: async (round, from, count) => {
      const { path } = round.prompts
      const file = files.get(path) ?? PromptFile.open(root, round)
      files.set(path, file)
      // What failed is tried again when it is asked for again.
      file.catch(() => files.delete(path))
      for (const oldest of files.keys()) if (files.size > openFiles) files.delete(oldest)
      return (await file).read(from, count)
    },
  }
}

const folderOf = (round: string): string => `bootstrap/${round}`

async function make(options: MaterialsOptions, root: string, request: RoundEvent): Promise<Round> {
  const { round, loop, number, purpose = 'train' } = request
  const plan = request.plan ?? RoundPlan.parse({})
  const manifest = await latest(root, options.dataset)
  const value_model = await judge(options, manifest)
  const policy = request.policy ?? (await options.policy())
  const room = await options.spool.folder('bootstrap')
  try {
    const forgotten = (await options.forgotten?.(options.dataset)) ?? new Set<string>()
    const attributeSet = options.attributeSet(manifest.attribute_set)
    const task = { root, manifest, round, plan, attributeSet, forgotten, room }
    const { labels, path, facts } = await choosePrompts(task)
    const name = `${folderOf(round)}/prompts-${facts.sha256.slice(0, 12)}.jsonl`
    await storing(`make ${folderOf(round)}`, async () => makeFolder(await solidBelow(root, folderOf(round))))
    await localFolder(root).put(path, name, facts)
    const prompts = { count: facts.records, path: name, sha256: facts.sha256 }
    const { attribute_set } = manifest
    const snapshot = snapshotOf(manifest)
    return { round, loop, number, purpose, policy, value_model, attribute_set, snapshot, labels, prompts, plan }
  } finally {
    await rm(room, { recursive: true, force: true })
  }
}

const snapshotOf = ({ dataset, digest, path, train, validation, attribute_set }: SnapshotManifest): Snapshot => ({
  dataset,
  digest,
  path,
  train,
  validation,
  attribute_set,
})

/** The latest snapshot of the training data. @throws STEERFLOW_ROUND_INVALID when there is none. */
async function latest(root: string, dataset: string): Promise<SnapshotManifest> {
  try {
    return await findSnapshot(root, dataset)
  } catch (cause) {
    if (!(cause instanceof SteerflowError) || cause.code !== 'STEERFLOW_USAGE') throw cause
    throw new SteerflowError('STEERFLOW_ROUND_INVALID', cause.message, { cause })
  }
}

/**
 * The digest of the value model that scores the round.
 * @throws STEERFLOW_ROUND_INVALID when there is none, or it does not predict what the training data is labelled with.
 */
async function judge({ valueModel, attributeSet }: MaterialsOptions, { attribute_set }: SnapshotManifest) {
  const asked = attributeSet(attribute_set).name
  const active = await valueModel()
  if (!active) {
    const message = 'no value model is active: train one, or steerflow models promote NAME'
    throw new SteerflowError('STEERFLOW_ROUND_INVALID', message)
  }
  for (const predicted of [active.attributeSet ?? asked, asked]) {
    if (predicted === attribute_set) continue
    const message = `the training data is labelled with ${attribute_set}, and the value model predicts ${predicted}`
    throw new SteerflowError('STEERFLOW_ROUND_INVALID', message)
  }
  return active.digest
}

/** Removes what an attempt to open the round left that ended before it had decided. */
async function removeOthers(root: string, { round, prompts }: Round): Promise<void> {
  const folder = await solidBelow(root, folderOf(round))
  const names = await readdir(folder).catch(() => [])
  for (const name of names) {
    if (name.startsWith('prompts-') && name !== basename(prompts.path)) await rm(join(folder, name), { force: true })
  }
}
