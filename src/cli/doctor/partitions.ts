import { type Finding, ok, warn } from './check.js'

/**
 * Whether the partitions that a node reads let it do as much at once as it is set to.
 * @param window records of one partition that may be under way
 */
export function partitionsFor(
  { partitions, concurrency, window }: { partitions: number; concurrency: number | undefined; window: number },
  shared: boolean,
): Finding {
  const most = partitions * window
  const each =
    concurrency === undefined
      ? 'as many conversations as keep the servers busy'
      : `${concurrency} conversations at once`
  const detail = shared
    ? `annotate reads ${partitions} partitions: at most ${partitions} processes, each with ${each}`
    : `annotate reads ${partitions} partitions, with ${each}`
  const todo = 'Set topics.conversations.unscored-clean.partitions, and run steerflow topics apply --grow.'
  if (concurrency !== undefined && concurrency > most)
    return warn(`${detail}; ${most} is what ${partitions} partitions let through`, todo)
  if (shared && partitions === 1) return warn(`${detail}; a second process finds nothing to do`, todo)
  return ok(detail)
}
