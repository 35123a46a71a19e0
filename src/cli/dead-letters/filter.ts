import type { Command } from 'commander'
import { errorTable, SteerflowError } from '../../domain/errors.js'
import type { Flow } from '../../flow.js'
import { isRelabelNode } from '../../pipeline.js'
import type { Letter } from '../../runtime/letters.js'
import { timeOrAge } from '../times.js'

export interface FilterFlags {
  readonly code?: string
  readonly node?: string
  readonly since?: string
  readonly until?: string
}

/** Adds options that filter letters. */
export const filtered = (command: Command): Command =>
  command
    .option('--code <code>', 'only dead letters with this code')
    .option('--node <node>', 'only dead letters of this node')
    .option(
      '--since <time>',
      'only dead letters written at or after this time: a time with its zone, or an age such as 2h',
    )
    .option('--until <time>', 'only dead letters written before this time')

/** Name in letters of sources, in place of a node. */
const ingestion = 'ingest'

export interface Filter {
  /** True if a letter matches the options. */
  readonly chooses: (letter: Letter) => boolean
  /**
   * Rejects unknown names if no letter matched: a mistyped name must not look like an empty result.
   * @throws STEERFLOW_USAGE with the known names
   */
  readonly end: () => void
}

function refuseUnknown({ code, node }: FilterFlags, flow: Flow): void {
  const nodes = [ingestion, ...flow.nodes.map(({ name }) => name)]
  if (node !== undefined && !nodes.includes(node) && !isRelabelNode(node))
    throw new SteerflowError(
      'STEERFLOW_USAGE',
      `--node ${node}: it has no dead letter; known nodes are ${nodes.join(', ')}`,
    )
  if (code !== undefined && !(code in errorTable))
    throw new SteerflowError('STEERFLOW_USAGE', `--code ${code}: no dead letter has it; codes are in docs/errors.md`)
}

/** The filter of the options. @throws STEERFLOW_USAGE for an invalid time */
export function filterOf(flags: FilterFlags, flow: Flow, now: number): Filter {
  const { code, node, since, until } = flags
  const from = since === undefined ? -Infinity : timeOrAge('--since', since, now)
  const to = until === undefined ? Infinity : timeOrAge('--until', until, now)
  let chosen = 0
  return {
    chooses: letter => {
      const isChosen =
        (code === undefined || letter.code === code) &&
        (node === undefined || letter.node === node) &&
        letter.at >= from &&
        letter.at < to
      if (isChosen) chosen++
      return isChosen
    },
    end: () => {
      if (chosen === 0) refuseUnknown(flags, flow)
    },
  }
}
