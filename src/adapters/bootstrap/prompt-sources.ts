import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { contexts, type DuePrompt, firstTurn, lastDue } from '../../domain/bootstrap/due-prompts.js'
import { readPromptLine, type PromptLine } from '../../domain/bootstrap/prompt-line.js'
import type { PromptSource } from '../../domain/bootstrap/round-plan.js'
import { Conversation, type Lineage, type Split } from '../../domain/conversation.js'
import { digest } from '../../domain/digest.js'
import { asSteerflowError, SteerflowError } from '../../domain/errors.js'
import { loosen } from '../../domain/loose.js'
import { threadId } from '../../domain/thread-id.js'
import { type SnapshotManifest, snapshotLines } from '../snapshot/read-snapshot.js'
import { linesOf } from '../storage/shard-lines.js'

/** A prompt with its origin. */
export interface SourcePrompt extends DuePrompt {
  readonly tree_id: string
  readonly lineage: Lineage
}

const LooseConversation = loosen(Conversation)

/** The conversations of a split of a snapshot, in the order of their ids. @throws STEERFLOW_STORAGE */
export async function* conversationsOf(
  root: string,
  manifest: SnapshotManifest,
  split: Split,
): AsyncGenerator<readonly Conversation[]> {
  for await (const lines of snapshotLines(root, manifest, split)) {
    yield lines.map(line => LooseConversation.parse(JSON.parse(line)))
  }
}

export function promptsOf(
  { conversations: turns, system, mask, tree_id, steerflow }: Conversation,
  from: Exclude<PromptSource['from'], 'file'>,
): SourcePrompt[] {
  const conversation = { turns, system, mask }
  const first = from === 'first-turns' ? [firstTurn(conversation)] : contexts(conversation)
  return first.flatMap(prompt => (prompt ? [{ ...prompt, tree_id, lineage: steerflow.lineage }] : []))
}

/** A line of a file of prompts, and its number from 1. */
export interface NumberedLine extends PromptLine {
  readonly line: number
}

/**
 * The lines of a file of prompts. Returns the digest of the whole file.
 * @throws STEERFLOW_ROUND_INVALID if it cannot be read, or a line is not a prompt.
 */
export async function* promptLines(path: string): AsyncGenerator<readonly NumberedLine[], string> {
  const hash = createHash('sha256')
  const seen = async function* (): AsyncIterable<Buffer> {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      hash.update(chunk)
      yield chunk
    }
  }
  let line = 0
  try {
    for await (const texts of linesOf(seen())) {
      const lines: NumberedLine[] = []
      for (const text of texts) {
        line++
        if (text.trim() !== '') lines.push({ ...readPromptLine(text), line })
      }
      yield lines
    }
  } catch (cause) {
    const where = line === 0 ? path : `${path}, line ${line}`
    throw new SteerflowError('STEERFLOW_ROUND_INVALID', `${where}: ${asSteerflowError(cause).message}`, { cause })
  }
  return hash.digest('hex')
}

/** The prompt of a line of a file; null if no answer is due in it. */
export function promptOfLine(line: NumberedLine, source: string, options: PromptSource): SourcePrompt | null {
  const prompt = lastDue(line)
  if (!prompt) return null
  const configuration = digest('prompts', JSON.stringify(options))
  return {
    ...prompt,
    tree_id: line.tree_id ?? threadId(line.system, line.turns),
    lineage: { source, line: line.line, configuration, models: [] },
  }
}
