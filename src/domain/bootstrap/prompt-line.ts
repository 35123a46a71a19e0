import { z } from 'zod'
import { Turn } from '../conversation.js'
import { SteerflowError } from '../errors.js'
import { deepest, isDeeper, tooDeep } from '../json/json.js'
import { isMasked, speakerOf } from '../formats/speakers.js'
import { nemoSystemPrompt } from '../system-prompt.js'
import type { Spoken } from './due-prompts.js'

const Prompt = z.object({ prompt: z.string().min(1), system: z.string().nullish() })

const Thread = z.object({
  conversations: z.array(z.object(Turn.pick({ value: true, from: true, label: true }).shape)).min(1),
  system: z.string().nullish(),
  mask: z.string().nullish(),
  tree_id: z.string().nullish(),
})

/** The usual name of a speaker, or the source's own. */
function usual(name: string): string {
  const speaker = speakerOf(name)
  return speaker === 'User' || speaker === 'Assistant' ? speaker : name
}

/** A line of a file of prompts. */
export interface PromptLine extends Spoken {
  readonly tree_id: string | null
}

/**
 * Reads a line of a file of prompts: `{prompt, system?}`, or a conversation `{conversations: [{from, value}], system?,
 * mask?, tree_id?}` as in snapshots or ShareGPT. The default system prompt is that of the training data.
 * @throws STEERFLOW_ROUND_INVALID when it is neither.
 */
export function readPromptLine(line: string): PromptLine {
  const record = parsed(line)
  const prompt = Prompt.safeParse(record)
  if (prompt.success) {
    const { system, prompt: value } = prompt.data
    return { system: system ?? nemoSystemPrompt, mask: 'User', turns: [{ value, from: 'User' }], tree_id: null }
  }
  const thread = Thread.safeParse(record)
  if (!thread.success) {
    const message = 'it is neither {"prompt": …} nor {"conversations": [{"from": …, "value": …}]}'
    throw new SteerflowError('STEERFLOW_ROUND_INVALID', message)
  }
  const { conversations, system, mask, tree_id } = thread.data
  // A mask names its speaker as the turns do.
  const isOwn = typeof mask === 'string' && conversations.some(({ from }) => isMasked(from, mask))
  const turns = conversations.map(turn => (isOwn ? turn : { ...turn, from: usual(turn.from) }))
  return { system: system ?? nemoSystemPrompt, mask: mask ?? 'User', turns, tree_id: tree_id ?? null }
}

function parsed(line: string): unknown {
  try {
    if (!isDeeper(line, deepest.value)) return JSON.parse(line)
  } catch (cause) {
    throw new SteerflowError('STEERFLOW_ROUND_INVALID', 'it is not JSON', { cause })
  }
  throw new SteerflowError('STEERFLOW_ROUND_INVALID', tooDeep(deepest.value).message)
}
