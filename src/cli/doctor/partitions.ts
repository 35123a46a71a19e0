import { type Finding, ok, warn } from './check.js'

/**
 * Whether the partitions that a node reads let it do as much at once as it is set to.
 * @param window records of one partition that may be under way
 */
export function partitionsFor(
  { partitions, concurrency, window }: { partitions: number; concurrency: number; window: number },
  shared: boolean,
): Finding {
  const most = partitions * window
  const detail = shared
    ? `annotate reads ${partitions} partitions: at most ${partitions} processes, each with ${concurrency} conversations at once`
    : `annotate reads ${partitions} partitions, with ${concurrency} conversations at once`
  const todo = 'Set topics.conversations.unscored-clean.partitions, and run steerflow topics apply --grow.'
  if (concurrency > most) return warn(`${detail}; ${most} is what ${partitions} partitions let through`, todo)
  if (shared && partitions === 1) return warn(`${detail}; a second process finds nothing to do`, todo)
  return ok(detail)
}
