import type { Logger } from 'pino'
import { Waits } from '../../runtime/waits.js'
import type { Screen } from '../command.js'
import { reportTo } from '../logger.js'
import type { Live } from '../render/live.js'
import { tellWaits } from '../render/waits.js'

/**
 * Reports the waits of a run to its log. At a terminal loads are printed too, since most of them come before the live table.
 */
export const waitsOf = (screen: Screen, logger: Logger, live: Pick<Live, 'clear'> | null = null): Waits => {
  const [log, tell] = [reportTo(logger), tellWaits(screen)]
  return new Waits(event => {
    log(event)
    if (!screen.interactive || (event.event !== 'loading' && event.event !== 'loaded')) return
    live?.clear()
    tell(event)
  })
}
