import { hostname } from 'node:os'
import { workerName } from '../adapters/processes/worker.js'
import { readNodesFiles } from '../adapters/workers/nodes-file.js'
import { workersFolder } from '../adapters/workers/report-file.js'

/**
 * The health check of a container: `node dist/cli/health.js [--data-dir FOLDER]`. Ends with 0 when a worker of this host has written its report
 * lately, otherwise with 1: none is there, it hangs, or it has ended. It asks nobody, no broker either.
 */
const [word, dataDir, ...more] = process.argv.slice(2)
if (word !== undefined && (word !== '--data-dir' || dataDir === undefined || more.length > 0)) {
  console.error('Usage: node dist/cli/health.js [--data-dir FOLDER]; without it STEERFLOW_DATA_DIR, or .steerflow')
  process.exit(2)
}
const folder = workersFolder(dataDir ?? process.env.STEERFLOW_DATA_DIR ?? '.steerflow')
const own = workerName(hostname(), 0).slice(0, -1)
const working = readNodesFiles(folder).filter(({ worker }) => worker.startsWith(own))
console.log(
  working.length > 0
    ? `${working.map(({ worker, at }) => `${worker} reported at ${at}`).join('\n')}`
    : `no worker of this host has reported in ${folder} lately: it has ended, hangs, or has another data folder`,
)
process.exitCode = working.length > 0 ? 0 : 1
