import { join } from 'node:path'
import { startSupervised } from './supervised.js'

/** Starts a supervised process, tells its id, and waits to be killed. */
const folder = process.argv[2]!
const { pid } = await startSupervised({ command: 'sleep', args: ['600'], log: join(folder, 'log'), remove: folder })
process.send?.(pid)
