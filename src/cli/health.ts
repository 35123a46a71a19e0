import { hostname } from 'node:os'
import { workerName } from '../adapters/processes/worker.js'
import { readNodesFiles } from '../adapters/workers/nodes-file.js'
import { workersFolder } from '../adapters/workers/report-file.js'

/**
 * Health check of a container: `node dist/cli/health.js [--data-dir FOLDER]`. Exits with 0 if a worker of this host has
 * written its report recently; otherwise with 1: no worker runs, or it hangs. It calls no server or broker.
 */
const [word, dataDir, ...more] = process.argv.slice(2)
if (word !== undefined && (word !== '--data-dir' || dataDir === undefined || more.length > 0)) {
  console.error('Usage: node dist/cli/health.js [--data-dir FOLDER] (default: STEERFLOW_DATA_DIR, or .steerflow)')
  process.exit(2)
}
const folder = workersFolder(dataDir ?? process.env.STEERFLOW_DATA_DIR ?? '.steerflow')
const own = workerName(hostname(), 0).slice(0, -1)
const working = readNodesFiles(folder).filter(({ worker }) => worker.startsWith(own))
console.log(
  working.length > 0
    ? `${working.map(({ worker, at }) => `${worker} reported at ${at}`).join('\n')}`
    : `no worker of this host has reported in ${folder} recently: it has ended, hangs, or uses another data folder`,
)
process.exitCode = working.length > 0 ? 0 : 1
