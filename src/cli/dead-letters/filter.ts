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

/** Adds the options by which letters are chosen. */
export const filtered = (command: Command): Command =>
  command
    .option('--code <code>', 'only those with this code')
    .option('--node <node>', 'only those of this node')
    .option('--since <time>', 'only those written then or later: a time with its zone, or an age such as 2h')
    .option('--until <time>', 'only those written before then')

/** Letters of sources carry this name in the place of a node's. */
const ingestion = 'ingest'

export interface Filter {
  /** Whether a letter is chosen by the options. */
  readonly chooses: (letter: Letter) => boolean
  /**
   * Refuses names that nobody has, where no letter had them either: whoever mistypes one is not told that there is nothing.
   * @throws STEERFLOW_USAGE with the names that there are
   */
  readonly end: () => void
}

function refuseUnknown({ code, node }: FilterFlags, flow: Flow): void {
  const nodes = [ingestion, ...flow.nodes.map(({ name }) => name)]
  if (node !== undefined && !nodes.includes(node) && !isRelabelNode(node))
    throw new SteerflowError(
      'STEERFLOW_USAGE',
      `--node ${node}: no dead letter is of it; nodes are ${nodes.join(', ')}`,
    )
  if (code !== undefined && !(code in errorTable))
    throw new SteerflowError('STEERFLOW_USAGE', `--code ${code}: no dead letter has it; codes are in docs/errors.md`)
}

/** The letters that the options choose. @throws STEERFLOW_USAGE for what is no time */
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
