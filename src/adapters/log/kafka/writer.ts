import type { PlacedRecord } from './placement.js'
import type { LedgerEntry } from './ledger.js'

/** Publishes a claim's outputs together with its progress. */
export interface ClaimWriter {
  /** On an error it may have happened all the same; then the writer is done with. */
  commit(records: readonly PlacedRecord[], entry: LedgerEntry): Promise<void>
  /** Whether another has been opened since under the same name; also after it was closed. */
  isShutOut(): Promise<boolean>
  close(): Promise<void>
}
