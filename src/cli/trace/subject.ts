import { z } from 'zod'
import { readLines } from '../../adapters/files/lines.js'
import { lineageOf } from '../../adapters/source/file-lines.js'
import { exists } from '../../adapters/storage/durable.js'
import { decodeUtf8 } from '../../adapters/files/utf8.js'
import { Conversation } from '../../domain/conversation.js'
import { SteerflowError } from '../../domain/errors.js'
import { loosen } from '../../domain/loose.js'
import { sources } from '../../topics.js'
import { readTopic } from '../read-topic.js'
import { knownAgain } from '../run/ingest-files.js'
import type { Workspace } from '../workspace.js'

/** Subject of a trace: a record by its id, or every record of a source line. */
export type TraceSubject =
  | { readonly kind: 'id'; readonly id: string; readonly conversation: Conversation | null }
  | { readonly kind: 'line'; readonly source: string; readonly line: number }

const asConversation = loosen(Conversation)

/**
 * Parses a record's id or `FILE:LINE`. A line of a snapshot or shard is the record in it; a line of any other file is a
 * source line. The source is recognised by its bytes, even after it has grown.
 * @throws STEERFLOW_USAGE if the file has no such line
 */
export async function subjectOf({ log, config }: Workspace, text: string): Promise<TraceSubject> {
  const place = /^(.+):(\d+)$/.exec(text)
  if (!place || !(await exists(place[1]!))) return { kind: 'id', id: text, conversation: null }
  const [file, line] = [place[1]!, z.coerce.number().int().parse(place[2])]
  const conversation = await conversationAt(file, line)
  if (conversation) return { kind: 'id', id: conversation.steerflow.id, conversation }
  const known = knownAgain(await readTopic(log, sources))
  return { kind: 'line', source: await lineageOf(file, known, config.ingest), line }
}

/** The conversation in a line; null if the line is something else. */
async function conversationAt(file: string, number: number): Promise<Conversation | null> {
  for await (const batch of readLines(file)) {
    for (const line of batch) {
      if (line.number !== number) continue
      if (line.kind === 'too-long') return null
      try {
        return asConversation.parse(JSON.parse(decodeUtf8(line.bytes)))
      } catch {
        return null
      }
    }
  }
  throw new SteerflowError('STEERFLOW_USAGE', `${file} has no line ${number}`)
}
