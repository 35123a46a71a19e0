import { z } from 'zod'
import { attributeSets } from '../attributes.js'
import { formatLabel } from '../label-line.js'
import { parseSource, wellFormed } from '../source-error.js'
import type { SourceFormat } from './format.js'

const set = attributeSets['helpsteer-5@1']

const scores = Object.fromEntries(set.attributes.map(({ key, min, max }) => [key, z.int().min(min).max(max)]))

const Row = z.object({ prompt: z.string(), response: z.string(), ...scores })

/** HelpSteer's rows: a prompt, one response, five integer ratings (docs/reference/papers.md#helpsteer). */
export const helpSteer: SourceFormat = {
  name: 'helpsteer',
  summary: 'HelpSteer rows: {prompt, response, helpfulness, correctness, coherence, complexity, verbosity}',
  attributeSet: set.name,
  detect: record => typeof record['prompt'] === 'string' && 'response' in record && 'helpfulness' in record,
  read: record => {
    const { prompt, response, ...ratings } = parseSource(Row, record)
    return [
      {
        treeId: null,
        turns: [
          { value: wellFormed(prompt, () => 'prompt'), from: 'User', label: null },
          {
            value: wellFormed(response, () => 'response'),
            from: 'Assistant',
            label: formatLabel(set, { scores: ratings, lang: null }),
          },
        ],
        system: null,
        mask: null,
      },
    ]
  },
}
