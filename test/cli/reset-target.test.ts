import { expect, it } from 'vitest'
import { SteerflowError } from '../../src/domain/errors.js'
import { resetTarget, type TargetFlags } from '../../src/cli/commands/offsets.js'

it.each<[TargetFlags, unknown]>([
  [{ toEarliest: true }, { kind: 'earliest' }],
  [{ toLatest: true }, { kind: 'latest' }],
  [{ toDatetime: '1970-01-01T00:00:01Z' }, { kind: 'datetime', time: 1000 }],
  [{ toDatetime: '1970-01-01T01:00:01+01:00' }, { kind: 'datetime', time: 1000 }],
  [{ toDatetime: '1970-01-02' }, { kind: 'datetime', time: 86_400_000 }],
  [{ shiftBy: '-5' }, { kind: 'shift', by: -5n }],
  [{ shiftBy: '+5' }, { kind: 'shift', by: 5n }],
  [{ toOffset: '0' }, { kind: 'offset', offset: 0n }],
])('%o', (flags, target) => expect(resetTarget(flags)).toEqual(target))

it.each<[TargetFlags]>([
  [{}],
  [{ toEarliest: true, toLatest: true }],
  [{ toDatetime: '2026-01-31T08:00:00' }],
  [{ toDatetime: 'yesterday' }],
  [{ shiftBy: '1.5' }],
  [{ toOffset: '-1' }],
])('%o is refused', flags => expect(() => resetTarget(flags)).toThrow(SteerflowError))
