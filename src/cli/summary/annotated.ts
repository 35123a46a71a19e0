import { digest } from '../../domain/digest.js'
import { type Conversation } from '../../domain/conversation.js'
import { parseLabel } from '../../domain/label-line.js'
import { type Log } from '../../runtime/log.js'
import { readAll } from '../../runtime/read-all.js'
import { reader } from '../../stages/bind.js'
import { scored } from '../../topics.js'
import { type Distribution, type ScoredReply, type Summary } from './summary.js'

const shown = 3

/** What the annotated conversations look like: turns, label distributions, best and worst replies. */
export async function summarizeAnnotated(
  log: Log,
  attribute: string,
): Promise<Pick<Summary, 'turns' | 'attributes' | 'best' | 'worst'>> {
  const read = reader(scored)
  const seen = new Set<string>()
  const counts = new Map<string, Record<string, number>>()
  const ranking = new Ranking(attribute)
  let turns = 0
  for await (const { value } of readAll(log, scored.name)) {
    const conversation = read(value)
    let prefix = conversation.system
    conversation.conversations.forEach((turn, index) => {
      turns++
      prefix = digest(prefix, turn.from, turn.value)
      if (seen.has(prefix)) return
      seen.add(prefix)
      if (turn.from === conversation.mask || typeof turn.label !== 'string') return
      count(counts, turn.label)
      ranking.offer(conversation, index)
    })
  }
  const attributes = [...counts].map(([name, values]): Distribution => ({ attribute: name, counts: values }))
  return {
    turns: { annotated: turns, scored: seen.size, reused: turns - seen.size },
    attributes,
    best: ranking.best,
    worst: ranking.worst,
  }
}

function count(counts: Map<string, Record<string, number>>, label: string): void {
  for (const [key, value] of Object.entries(parseLabel(label).scores)) {
    const values = counts.get(key) ?? {}
    values[value] = (values[value] ?? 0) + 1
    counts.set(key, values)
  }
}

/** Keeps the few best and worst replies by one attribute's raw score. */
class Ranking {
  best: readonly ScoredReply[] = []
  worst: readonly ScoredReply[] = []

  constructor(private readonly attribute: string) {}

  offer({ conversations, steerflow }: Conversation, index: number): void {
    const turn = conversations[index]!
    const score = steerflow.scores?.[index]?.[this.attribute]
    if (score === undefined) return
    const reply: ScoredReply = {
      attribute: this.attribute,
      score,
      prompt: conversations[index - 1]?.value ?? '',
      reply: turn.value,
      label: turn.label ?? '',
    }
    this.best = [...this.best, reply].sort((a, b) => b.score - a.score).slice(0, shown)
    this.worst = [...this.worst, reply].sort((a, b) => a.score - b.score).slice(0, shown)
  }
}
