import type { PlacedRecord } from './placement.js'
import type { LedgerEntry } from './ledger.js'

/** Publishes a claim's outputs together with its progress. */
export interface ClaimWriter {
  /** After an error the commit may still have happened; the writer is then unusable. */
  commit(records: readonly PlacedRecord[], entry: LedgerEntry): Promise<void>
  /** True if another writer has been opened since under the same id; also after this one was closed. */
  isShutOut(): Promise<boolean>
  close(): Promise<void>
}
