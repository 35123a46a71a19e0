import { join } from 'node:path'
import { type Log } from '../../runtime/log.js'
import { openEmbeddedLog } from './embedded/log.js'

/** Opens the log of a data folder. @throws STEERFLOW_INPUT_NOT_FOUND, STEERFLOW_LOG_CORRUPT */
export const openLog = (root: string, options: { readonly maxBytes?: number } = {}): Promise<Log> =>
  openEmbeddedLog({ dir: join(root, 'log'), ...options })
