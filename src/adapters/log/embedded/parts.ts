import { type Output } from '../../../runtime/log.js'
import { type Catalogue, type Placed } from './catalogue.js'
import { type Changes } from './changes.js'
import { type Room } from './room.js'
import { type State } from './state.js'
import { type Store } from './store.js'
import { type Writer } from './writer.js'

/** What the log is made of, as its claims and memberships share it. */
export class Parts {
  constructor(
    readonly store: Store,
    readonly state: State,
    readonly catalogue: Catalogue,
    readonly changes: Changes,
    readonly writer: Writer,
    readonly room: Room,
  ) {}

  /** Reads after this, up to the next await, see one snapshot: the newest of any process. */
  refresh(): void {
    this.store.refresh()
    this.catalogue.refresh()
  }

  /** @throws STEERFLOW_TOPIC_UNKNOWN, STEERFLOW_RECORD_TOO_LARGE */
  place(outputs: readonly Output[]): readonly Placed[] {
    if (outputs.some(({ topic }) => !this.catalogue.has(topic))) this.refresh()
    return outputs.map(output => this.catalogue.place(output))
  }
}
