import { cacheFolder } from './parts/cache.js'
import { chromium } from './parts/chromium.js'
import { kafka } from './parts/kafka.js'
import { kubernetes } from './parts/kubernetes.js'
import { llama } from './parts/llama.js'
import { type Part } from './parts/part.js'
import { pythonDatasets } from './parts/python-datasets.js'
import { pythonHydra } from './parts/python-hydra.js'
import { pythonKafka } from './parts/python-kafka.js'
import { pythonKubernetes } from './parts/python-kubernetes.js'
import { registry } from './parts/registry.js'
import { s3mock } from './parts/s3mock.js'

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
]

/** Parts of tests that `npm test` leaves out: installed when they are named. */
const named: readonly Part[] = [kubernetes]

/** `npm run setup -- [--check] [part …]`: installs the parts of tests, or says which are absent; exits 1 if any is. */
const names = process.argv.slice(2).filter(arg => arg !== '--check')
const checkOnly = process.argv.includes('--check')
const known = [...parts, ...named]
const unknown = names.filter(name => !known.some(part => part.name === name))
if (unknown.length > 0) {
  console.error(`no such part: ${unknown.join(', ')}; there are: ${known.map(part => part.name).join(', ')}`)
  process.exit(2)
}

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
