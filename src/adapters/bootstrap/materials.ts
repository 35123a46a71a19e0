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
  /** The data folder: snapshots and rounds are below it. */
  readonly root: string
  readonly spool: Spool
  /** The dataset of the training data; a round uses its latest snapshot. */
  readonly dataset: string
  /** The attribute set to request from value models, for training data that is labelled with the set of that name. */
  readonly attributeSet: (data: string) => AttributeSet
  /** The active value model, and its attribute set if known; or null. */
  readonly valueModel: () => Promise<{ readonly digest: string; readonly attributeSet: string | null } | null>
  /** Ids of the trees that every later snapshot of a dataset excludes: they give no prompts. Default: none. */
  readonly forgotten?: (dataset: string) => Promise<ReadonlySet<string>>
  /** The policy of a request that names no model. */
  readonly policy: () => Promise<Policy>
  /** Receives a note while prompts are chosen. */
  readonly waits?: Waits
}

const LooseRound = loosen(Round)

/** Rounds whose files stay open. */
const openFiles = 8
/** Maximum size of `round.json` in bytes. */
const longestRound = 16 << 20

/**
 * The files of rounds, in `bootstrap/<round>` of the data folder: the prompts, in a file that is named by its digest,
 * and `round.json`, which is written last. Its first writer decides: a process that opens the round again, after a
 * crash or concurrently, gets that round, whatever the latest snapshot or the active model is by then.
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
      // A failure is not cached: the next call retries.
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

/** The latest snapshot of the training data. @throws STEERFLOW_ROUND_INVALID if there is none. */
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
 * @throws STEERFLOW_ROUND_INVALID if there is none, or its attribute set is not that of the training data.
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

/** Removes files of earlier attempts to open the round that ended before they decided. */
async function removeOthers(root: string, { round, prompts }: Round): Promise<void> {
  const folder = await solidBelow(root, folderOf(round))
  const names = await readdir(folder).catch(() => [])
  for (const name of names) {
    if (name.startsWith('prompts-') && name !== basename(prompts.path)) await rm(join(folder, name), { force: true })
  }
}
