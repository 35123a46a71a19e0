import { cacheFolder } from './parts/cache.js'
import { chromium } from './parts/chromium.js'
import { kafka } from './parts/kafka.js'
import { kubernetes } from './parts/kubernetes.js'
import { llama } from './parts/llama.js'
import { nodeVersionsPart } from './parts/node-versions.js'
import type { Part } from './parts/part.js'
import { pythonDatasets } from './parts/python-datasets.js'
import { pythonHydra } from './parts/python-hydra.js'
import { pythonKafka } from './parts/python-kafka.js'
import { pythonKubernetes } from './parts/python-kubernetes.js'
import { registry } from './parts/registry.js'
import { s3mock } from './parts/s3mock.js'
import { sharegpt } from './parts/sharegpt.js'
import { scriptArguments, wrongArguments } from './script-arguments.js'

const parts: readonly Part[] = [
  kafka,
  registry,
  pythonKafka,
  pythonHydra,
  llama,
  s3mock,
  pythonDatasets,
  pythonKubernetes,
  chromium,
  nodeVersionsPart,
]

/** Parts that `npm test` leaves out: installed when they are named. */
const named: readonly Part[] = [kubernetes, sharegpt]

const known = [...parts, ...named]
const help = `Usage: npm run setup -- [PART…] [--check]

Installs the real parts of tests: ${parts.map(({ name }) => name).join(', ')};
only when it is named: ${named.map(({ name }) => name).join(', ')}.

Options:
  --check   install nothing, only say which are absent
  --help    print this

Exit code: 0 when all are installed, 1 when one is not, 2 for a wrong command line.
`
const { values, positionals: names } = scriptArguments(help, {
  allowPositionals: true,
  options: { check: { type: 'boolean', default: false } },
})
const checkOnly = values.check
const unknown = names.filter(name => !known.some(part => part.name === name))
if (unknown.length > 0) wrongArguments(`no such part: ${unknown.join(', ')}`, help)

const placeOf = (part: Part): string => part.place?.() ?? cacheFolder()

let absent = 0
for (const part of names.length === 0 ? parts : known.filter(({ name }) => names.includes(name))) {
  if (part.installed()) {
    console.log(`${part.name}: installed in ${placeOf(part)}`)
    continue
  }
  const started = Date.now()
  try {
    if (checkOnly) throw new Error(`not installed; npm run setup -- ${part.name} installs it`)
    await part.install()
    if (!part.installed()) throw new Error('was installed, but is not whole')
    console.log(`${part.name}: installed in ${placeOf(part)} in ${((Date.now() - started) / 1000).toFixed(1)} s`)
  } catch (error) {
    absent += 1
    console.error(`${part.name}: ${error instanceof Error ? error.message : String(error)}`)
  }
}
process.exit(absent > 0 ? 1 : 0)
