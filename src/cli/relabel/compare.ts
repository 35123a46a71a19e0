import { type Agreement, LabelComparison } from '../../domain/label-comparison.js'
import { type Log } from '../../runtime/log.js'
import { readAll } from '../../runtime/read-all.js'
import { reader } from '../../stages/bind.js'
import { relabelled } from '../../topics.js'
import { table, thousands } from '../render/bars.js'

/** A model's labels against those that the conversations had, from everything that it has relabelled so far. */
export async function compareRelabelled(log: Log, digest: string): Promise<readonly Agreement[]> {
  const read = reader(relabelled)
  const comparison = new LabelComparison()
  for await (const { value } of readAll(log, relabelled.name)) {
    const conversation = read(value)
    const entry = conversation.steerflow.rescored?.findLast(({ value_model }) => value_model === digest)
    if (entry) comparison.add(conversation, entry)
  }
  return comparison.rows()
}

/** One line an attribute. */
export function renderComparison(rows: readonly Agreement[]): readonly string[] {
  const header = ['attribute', 'turns', 'same label', 'mean difference', 'correlation']
  const lines = rows.map(({ attribute, turns, agreement, mean_difference, correlation }) => [
    attribute,
    thousands(turns),
    `${(100 * agreement).toFixed(1)} %`,
    `${mean_difference < 0 ? '' : '+'}${mean_difference.toFixed(3)}`,
    correlation === null ? '–' : correlation.toFixed(3),
  ])
  return table([header, ...lines], [0])
}
