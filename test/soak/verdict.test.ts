import { expect, test } from 'vitest'
import type { Sample, Seen, SoakOptions } from './soak.js'
import { verdict } from './verdict.js'

const options: SoakOptions = {
  minutes: 60,
  workers: 1,
  servers: 1,
  treesAMinute: 10,
  latencyMs: 1,
  sealSeconds: 20,
  newSinceLast: 500,
  heap: false,
  keep: null,
}

const sample = (minute: number, changes: Partial<Sample['workers'][string]> = {}): Sample => ({
  minute,
  behind: 0,
  disk: { shards: 100, datasets: 300, jobs: 50, log: 5 },
  workers: {
    'worker-1': {
      anonymous: 2e8,
      held: 6e7,
      resident: 3e8,
      threads: 20,
      descriptors: 80,
      sockets: 50,
      cpuSeconds: minute,
      ...changes,
    },
  },
})

const minutes = Array.from({ length: 60 }, (_, minute) => minute)
const account = { raw: 600, unscored: 3000, scored: 2990, missing: 0, doubled: 0, deadLetters: 0, unsealed: 0 }
const seen = (changes: Partial<Seen> = {}): Seen => ({
  samples: minutes.map(minute => sample(minute)),
  trees: 600,
  inputBytes: 1e7,
  account,
  incidents: [],
  ...changes,
})
const broken = (one: Seen): readonly string[] => verdict(one, options).flatMap(({ name, met }) => (met ? [] : [name]))

test('a run without fault meets every bound', () => expect(broken(seen())).toEqual([]))

test('connections that come and go by the dozen are no trend, however a look meets them', () => {
  const at = (minute: number): number => (minute % 9 === 0 ? 40 : 40 + minute * 2)
  const samples = minutes.map(minute => sample(minute, { descriptors: at(minute) + 30, sockets: at(minute) }))
  expect(broken(seen({ samples }))).toEqual([])
})

test('a run that is too short says nothing of trends', () => {
  const short = verdict(seen({ samples: [sample(0), sample(1)] }), { ...options, minutes: 2 })
  expect(short.filter(({ name }) => name.includes('gained'))).toEqual([])
})

test('a run of seconds says nothing of sockets: too short for all of them to be given back once', () => {
  const samples = [0.05, 0.1, 0.2, 0.3].map(minute => sample(minute, { sockets: 20 + minute * 100 }))
  const short = verdict(seen({ samples }), { ...options, minutes: 0.2 })
  expect(short.filter(({ name }) => name.includes('sockets'))).toEqual([])
})

test.each<[string, Partial<Seen>, string]>([
  ['a tree that was not taken', { trees: 601 }, 'trees that are not in the log'],
  ['a conversation that is nowhere', { account: { ...account, missing: 1 } }, 'conversations missing'],
  ['a conversation that came twice', { account: { ...account, doubled: 1 } }, 'conversations doubled'],
  ['a dead letter', { account: { ...account, deadLetters: 1 } }, 'dead letters'],
  ['a record in no shard', { account: { ...account, unsealed: 1 } }, 'scored conversations that no shard holds'],
  ['a worker that ended', { incidents: ['worker-1 ended by itself: 1'] }, 'incidents'],
  [
    'memory that JavaScript does not let go of',
    { samples: minutes.map(minute => sample(minute, { held: 6e7 + minute * 2e5 })) },
    'worker-1: memory of JavaScript, gained in an hour',
  ],
  [
    'memory that grows',
    { samples: minutes.map(minute => sample(minute, { anonymous: 2e8 + minute * 1e6 })) },
    'worker-1: memory of its own, gained in an hour',
  ],
  [
    'sockets that stay open',
    { samples: minutes.map(minute => sample(minute, { descriptors: 80 + minute, sockets: 50 + minute })) },
    'worker-1: fewest sockets, gained',
  ],
  [
    'files that stay open',
    { samples: minutes.map(minute => sample(minute, { descriptors: 80 + minute })) },
    'worker-1: open files, gained in an hour',
  ],
  [
    'snapshots that are never removed',
    { samples: minutes.map(minute => ({ ...sample(minute), disk: { shards: 100, datasets: 100 * minute } })) },
    'snapshots and jobs to shards, at most',
  ],
])('%s breaks its bound', (_, changes, bound) => expect(broken(seen(changes))).toEqual([bound]))
