import type { FaultRule } from '../support/contract-server/faults.js'
import type { ArenaOptions } from './arena.js'
import type { Trial } from './trial.js'

/** What can be chosen on the command line; each scenario has its own defaults. */
export interface Choices {
  readonly records: number
  readonly seed: number
  /** Faults of the scenario's kind: kills, rounds, joins. */
  readonly times: number
  /** Length of an outage. */
  readonly minutes: number
  /** Storm: everybody leaves in order. */
  readonly clean: boolean
  /** Faults last for seconds only: it is shown that a scenario runs, not how long a fault may be. */
  readonly quick?: boolean
}

/** Partitions of the input: each is to hold enough to see it go on after every fault. */
export const partitionsFor = ({ records }: Choices): number => (records < 10_000 ? 4 : 12)

export interface Settings extends ArenaOptions {
  readonly workers: number
  /** How long the faults take: the calls at a time follow from it. */
  readonly seconds: number
  /** Folder that all workers have; none: they need none. */
  readonly folder?: string
  /** What the folder is for: a second node, or the store of the deployment. */
  readonly folderIs?: 'of a second node' | 'the store'
}

export interface Scenario {
  readonly summary: string
  readonly times: number
  settings(choices: Choices): Omit<Settings, 'records' | 'seed'>
  /** Injects the faults into workers that are at work. Throws an Error where a hand would be needed. */
  run(trial: Trial, choices: Choices): Promise<void>
  /** What is wrong with the servers from the beginning. */
  readonly faults?: readonly FaultRule[]
  /** Records that are not to come out; none, unless a scenario says so. */
  readonly spared?: (id: string) => boolean
  /** Records are published again, so that they come out behind later ones of their key. */
  readonly replays?: boolean
  /** Workers have a second node, which fails while their common folder cannot be written to. */
  readonly secondNode?: boolean
  /** Workers look at their start whether their common folder is the deployment's store. */
  readonly store?: boolean
}
