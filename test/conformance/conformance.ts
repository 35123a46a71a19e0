import { describe } from 'vitest'
import { atomicCommit } from './atomic-commit.js'
import { compareAndCommit } from './compare-and-commit.js'
import { diskFull } from './disk-full.js'
import { emptyCommit } from './empty-commit.js'
import { externalProgress } from './external-progress.js'
import { fencing } from './fencing.js'
import { groups } from './groups.js'
import { kill } from './kill.js'
import { largeValues } from './large-values.js'
import type { LogUnderTest, Property } from './log-under-test.js'
import { offsetLost } from './offset-lost.js'
import { order } from './order.js'
import { producersBeside } from './producers-beside.js'
import { readersBeside } from './readers-beside.js'
import { reading } from './reading.js'
import { recordBytes } from './record-bytes.js'
import { retention } from './retention.js'
import { stopAndContinue } from './stop-and-continue.js'
import { topics } from './topics.js'
import { twoRuns } from './two-runs.js'

const properties: readonly Property[] = [
  topics,
  order,
  recordBytes,
  reading,
  largeValues,
  atomicCommit,
  compareAndCommit,
  emptyCommit,
  externalProgress,
  fencing,
  groups,
  retention,
  offsetLost,
  producersBeside,
  readersBeside,
  twoRuns,
  stopAndContinue,
  kill,
]

/** Every promise of the interface, as tests of one adapter. */
export function conformance(under: LogUnderTest): void {
  describe(`the ${under.features.name} log`, () => {
    for (const property of properties) property(under)
    if (under.hasBudget) diskFull(under)
  })
}
