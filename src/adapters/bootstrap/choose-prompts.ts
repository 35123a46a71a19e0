import { join, resolve } from 'node:path'
import type { AttributeSet } from '../../domain/attributes.js'
import { BestLabels } from '../../domain/bootstrap/best-labels.js'
import type { BootstrapPrompt } from '../../domain/bootstrap/candidates.js'
import { drawLabel, SeededDraw } from '../../domain/bootstrap/seeded-draw.js'
import { Exclusion } from '../../domain/bootstrap/exclusion.js'
import type { PromptSource, RoundPlan, Target } from '../../domain/bootstrap/round-plan.js'
import type { Conversation } from '../../domain/conversation.js'
import { asSteerflowError, SteerflowError } from '../../domain/errors.js'
import { parseWishes, steeringLabel } from '../../domain/steering.js'
import type { SnapshotManifest } from '../snapshot/read-snapshot.js'
import { storing } from '../storage/durable.js'
import { type FileFacts, LineFile } from '../storage/line-file.js'
import { conversationsOf, promptLines, promptOfLine, promptsOf, type SourcePrompt } from './prompt-sources.js'

export interface PromptChoice {
  readonly root: string
  /** The training data. */
  readonly manifest: SnapshotManifest
  readonly round: string
  readonly plan: RoundPlan
  readonly attributeSet: AttributeSet
  /** Ids of the trees that are excluded from prompts. */
  readonly forgotten: ReadonlySet<string>
  /** An empty folder for the file. */
  readonly room: string
}

/** The prompts of a round and the attribute lines to request. */
export interface Chosen {
  readonly labels: string[]
  /** A durable file with the prompts, one per line. */
  readonly path: string
  readonly facts: FileFacts
}

/**
 * Chooses the attribute lines and the prompts of a round, and writes the prompts. It reads the training data twice:
 * once to find the lines and draw the prompts, once to write the drawn prompts, so that memory only contains ids.
 * @throws STEERFLOW_ROUND_INVALID if there are none.
 */
export async function choosePrompts(choice: PromptChoice): Promise<Chosen> {
  const { manifest, round, plan, room } = choice
  const exclusion = await excluded(choice)
  // The round is not part of the seed: rounds of a loop use the same prompts, and are compared pair by pair.
  const draw = new SeededDraw(`prompts ${plan.seed}`, plan.prompts.count)
  const labels = await firstPass(choice, prompt => {
    if (!exclusion.has(prompt)) draw.offer(prompt.prompt_id)
  })
  const wanted = draw.drawn()
  const of = wanted.size
  if (of === 0) {
    const message = `no prompt is left of ${sourceOf(plan.prompts, manifest)}: all are in validation or excluded records`
    throw new SteerflowError('STEERFLOW_ROUND_INVALID', message)
  }
  const path = join(room, 'prompts.jsonl')
  const facts = await storing(`write ${path}`, async () => {
    const file = await LineFile.create(path)
    try {
      for await (const prompts of sourcePrompts(choice)) {
        for (const prompt of prompts) {
          // The first of several with the same id: they are equal.
          if (!wanted.delete(prompt.prompt_id)) continue
          const label = drawLabel(labels, { seed: plan.seed, round, promptId: prompt.prompt_id })
          const line: BootstrapPrompt = { round, index: file.records, of, ...prompt, label }
          await file.append(JSON.stringify(line))
        }
      }
      return await file.finish()
    } finally {
      await file.abandon()
    }
  })
  if (facts.records === of) return { labels, path, facts }
  throw new SteerflowError('STEERFLOW_ROUND_INVALID', `${plan.prompts.file} changed while it was read`)
}

const sourceOf = ({ from, file }: PromptSource, { path }: SnapshotManifest): string =>
  from === 'file' ? file : `the ${from} of ${path}`

/** Validation records, and those that the plan excludes. */
async function excluded({ root, manifest, plan }: PromptChoice): Promise<Exclusion> {
  const exclusion = new Exclusion()
  for await (const conversations of conversationsOf(root, manifest, 'validation')) {
    for (const { conversations: turns, system, mask } of conversations) exclusion.add({ turns, system, mask })
  }
  const { exclude } = plan.prompts
  if (exclude === '') return exclusion
  for await (const lines of promptLines(resolve(exclude))) for (const line of lines) exclusion.add(line)
  return exclusion
}

/** Reads everything once and calls `seen` for each prompt. Returns the attribute lines to request. */
async function firstPass(choice: PromptChoice, seen: (prompt: SourcePrompt) => void): Promise<string[]> {
  const { manifest, plan, attributeSet } = choice
  const { target, prompts } = plan
  const fixed = target.mode === 'fixed' ? [fixedLabel(target, attributeSet)] : null
  const best = new BestLabels(attributeSet, target.attribute)
  if (prompts.from === 'file' || fixed) {
    for await (const some of sourcePrompts(choice)) some.forEach(seen)
  }
  if (!fixed) {
    for await (const conversations of training(choice)) {
      for (const conversation of conversations) {
        best.add(conversation.conversations, conversation.mask)
        if (prompts.from !== 'file') promptsOf(conversation, prompts.from).forEach(seen)
      }
    }
  }
  const labels = fixed ?? best.lines()
  if (labels.length > 0) return labels
  const message = `no answer in ${manifest.path} has a whole attribute line with ${target.attribute}`
  throw new SteerflowError('STEERFLOW_ROUND_INVALID', message)
}

function fixedLabel({ wishes }: Target, set: AttributeSet): string {
  try {
    return steeringLabel(set, wishes.trim() === '' ? {} : parseWishes(wishes))
  } catch (cause) {
    throw new SteerflowError('STEERFLOW_ROUND_INVALID', `target.wishes: ${asSteerflowError(cause).message}`, { cause })
  }
}

/** The training conversations without those of forgotten trees, which an older snapshot may contain. */
async function* training({ root, manifest, forgotten }: PromptChoice): AsyncGenerator<readonly Conversation[]> {
  for await (const conversations of conversationsOf(root, manifest, 'train')) {
    yield conversations.filter(({ tree_id }) => !forgotten.has(tree_id))
  }
}

/** All prompts of the source, in its order; a prompt may occur several times. */
async function* sourcePrompts(choice: PromptChoice): AsyncGenerator<readonly SourcePrompt[]> {
  const { forgotten } = choice
  const options = choice.plan.prompts
  const { from } = options
  if (from !== 'file') {
    for await (const conversations of training(choice)) {
      yield conversations.flatMap(conversation => promptsOf(conversation, from))
    }
    return
  }
  const path = resolve(options.file)
  const source = await digestOf(path)
  for await (const lines of promptLines(path)) {
    const prompts = lines.flatMap(line => promptOfLine(line, source, options) ?? [])
    yield prompts.filter(({ tree_id }) => !forgotten.has(tree_id))
  }
}

/** The digest of a file of prompts; checks that all lines can be read. */
async function digestOf(path: string): Promise<string> {
  const lines = promptLines(path)
  for (;;) {
    const next = await lines.next()
    if (next.done) return next.value
  }
}
