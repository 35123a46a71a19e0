import { cpu } from './fleet/cpu.js'
import { underFaults } from './fleet/faults.js'
import { killed } from './fleet/killed.js'
import { memory } from './fleet/memory.js'
import { original } from './fleet/original.js'
import { steadyShare, type Setup } from './fleet/steady.js'
import type { Part } from './parts.js'
import type { Settings } from './settings.js'
import { sized } from './sizes.js'

const slots = { kind: 'slots', slots: 8, ms: 50 }
const slow = { ...slots, ms: 200 }
const few = { ...slots, slots: 2 }

/**
 * The rates are low enough (640 turns a second at most) that servers and client together need well under half of two
 * cores: what is measured is how well the servers are used, not the machine.
 */
const setups: readonly Setup[] = [
  {
    name: 'equal',
    modes: [slots, slots, slots, slots],
    goal: 0.97,
    servers: '4 servers, each 8 at a time, 50 ms',
    backlog: 400,
    ramp: sized(4, 0.3),
    window: sized(4, 0.5),
    rounds: sized(2, 1),
  },
  {
    name: 'unequal',
    modes: [slots, slow, few, slots],
    goal: 0.95,
    servers: '4 servers, 8 at a time, 50 ms; but one takes 200 ms and one has 2 slots',
    backlog: 400,
    ramp: sized(5, 0.3),
    window: sized(4, 0.5),
    rounds: sized(2, 1),
  },
  {
    name: 'locked',
    modes: [{ kind: 'lock', baseMs: 100, sentenceMs: 2 }],
    goal: 0.95,
    servers: 'one request at a time, 100 ms and 2 ms a sentence: best with 128',
    backlog: 1024,
    ramp: sized(16, 0.3),
    window: sized(6, 0.5),
    rounds: sized(2, 1),
  },
  {
    name: 'locked-48',
    modes: [{ kind: 'lock', baseMs: 60, sentenceMs: 3, beyond: 48, beyondMs: 10 }],
    goal: null,
    servers: 'one request at a time, 60 ms and 3 ms a sentence, 10 ms more for each beyond 48: best with 48',
    backlog: 1024,
    ramp: sized(16, 0.3),
    window: sized(6, 0.5),
    rounds: sized(1, 1),
  },
  {
    name: 'elastic',
    modes: [{ kind: 'elastic', baseMs: 100, inFlightMs: 5, cap: 48 }],
    goal: null,
    servers: '100 ms and 5 ms for each under way, 503 beyond 48: best with 48',
    backlog: 400,
    ramp: sized(8, 0.3),
    window: sized(5, 0.5),
    rounds: sized(1, 1),
  },
]

/** Every server is a process of its own. `--verbose` prints what each endpoint is given over time. */
export const parts: Readonly<Record<string, Part>> = {
  ...Object.fromEntries(setups.map(setup => [setup.name, (settings: Settings) => steadyShare(setup, settings)])),
  killed,
  faults: underFaults,
  original,
  cpu,
  memory,
}

export const about = 'Whether a fleet keeps its servers full, whatever they are.'
