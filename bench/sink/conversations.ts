import { readFileSync } from 'node:fs'
import { digest } from '../../src/domain/digest.js'
import { attributeSets, type AttributeSet } from '../../src/domain/attributes.js'
import type { Conversation, Turn } from '../../src/domain/conversation.js'
import { oasstTree } from '../../src/domain/formats/oasst-tree.js'
import { formatLabel, roundHalfEven } from '../../src/domain/label-line.js'
import { nemoSystemPrompt } from '../../src/domain/system-prompt.js'

const set: AttributeSet = attributeSets['oasst-12-lang@1']
const bounds = { paths: 2_000, turns: 200, bytes: 8 << 20 }

/** The paths of the bundled trees: real texts in their real lengths. */
function bundled(): readonly (readonly Turn[])[] {
  const lines = readFileSync(new URL('../../examples/data/oasst1_en_val.trees.jsonl', import.meta.url), 'utf8').trim()
  return lines
    .split('\n')
    .flatMap(line => oasstTree.read(JSON.parse(line) as Record<string, unknown>, bounds).map(({ turns }) => turns))
    .map(turns => turns.map(({ value, from, lang }) => ({ value, from, ...(lang !== undefined && { lang }) })))
}

/** Annotated conversations as they stand in `conversations.scored`, by number; equal numbers are equal. */
export function conversations(): (index: number) => Conversation {
  const paths = bundled()
  return index => {
    const turns = paths[index % paths.length]!
    const id = digest('bench', String(index))
    const scores = turns.map((_, turn) =>
      Object.fromEntries(
        set.attributes.map(({ key, max }, at) => [key, (parseInt(id.slice(at, at + 4), 16) / 65_536 + turn / 9) % max]),
      ),
    )
    const rounded = (turn: number): Readonly<Record<string, number>> =>
      Object.fromEntries(Object.entries(scores[turn]!).map(([key, value]) => [key, roundHalfEven(value)]))
    return {
      conversations: turns.map((turn, at) => ({
        ...turn,
        label: formatLabel(set, { scores: rounded(at), lang: 'en' }),
      })),
      tree_id: digest('tree', String(Math.floor(index / 4))).slice(0, 36),
      system: nemoSystemPrompt,
      mask: 'User',
      type: 'VALUE_TO_TEXT',
      steerflow: {
        id,
        split: index % 20 === 0 ? 'validation' : 'train',
        split_rule: 'hash(seed=10,ratio=0.95)',
        origin: 'oasst-tree',
        lineage: {
          source: digest('source'),
          line: Math.floor(index / 4) + 1,
          configuration: digest('options'),
          models: [digest('m')],
        },
        scores,
        value_model: digest('m'),
        attribute_set: set.name,
      },
    }
  }
}
