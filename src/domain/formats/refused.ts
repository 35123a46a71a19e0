import { allBut, type Fields, firstKey, isFields } from './meaning.js'

/** Shapes that are known and cannot be read, with the reason. */
const shapes: readonly { readonly is: (record: Fields) => boolean; readonly reason: string }[] = [
  {
    is: record => firstKey(record, ['chosen', 'rejected', 'preferred_output', 'non_preferred_output']) !== undefined,
    reason: 'a preference pair (chosen, rejected: DPO): it says which answer is better, and neither has ratings',
  },
  {
    is: record =>
      firstKey(record, ['response1', 'response2', 'response_1', 'response_2', 'overall_preference']) !== undefined,
    reason: 'a preference pair (response1, response2, overall_preference: HelpSteer3): neither answer has ratings',
  },
  {
    is: record =>
      firstKey(record, ['response_a', 'response_b', 'conversation_a', 'conversation_b', 'winner']) !== undefined,
    reason: 'a preference pair (a, b, winner): it says which answer is better, and neither has ratings',
  },
  {
    is: record => Array.isArray(record['data']) && record['data'].every(one => typeof one === 'string'),
    reason: 'texts without speakers (data: UltraChat): nothing says who speaks',
  },
  {
    is: record =>
      firstKey(record, ['resourceLogs', 'resourceMetrics', 'resource_logs', 'resource_metrics']) !== undefined,
    reason: 'OpenTelemetry logs or metrics: conversations are in spans (resourceSpans)',
  },
  {
    is: record => typeof record['text'] === 'string' && firstKey(record, allBut()) === undefined,
    reason: 'a text without speakers: nothing says who speaks',
  },
]

/** Keys below which a file that is one object holds its records. */
const lists = ['data', 'rows', 'records', 'items', 'examples', 'results', 'dataset', 'train', 'observations', 'runs']

/** Why a record in no known format cannot be read, if its shape is known; null if not. */
export function refusedShape(record: Fields): string | null {
  const known = shapes.find(({ is }) => is(record))?.reason
  if (known !== undefined) return known
  const key = lists.find(name => Array.isArray(record[name]) && record[name].length > 0 && record[name].every(isFields))
  if (key === undefined) return null
  const { length } = record[key] as readonly unknown[]
  return `it is a list of ${length} records below the key ${key}: take them out first, with jq -c '.${key}[]'`
}
