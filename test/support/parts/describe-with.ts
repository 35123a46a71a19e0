import { appendFileSync } from 'node:fs'
import { describe } from 'vitest'
import { pythonPackage } from '../../../bench/python.js'
import { chromiumPath } from '../../../scripts/parts/chromium.js'
import { nodeVersions } from '../../../scripts/parts/node-versions.js'
import { kubernetesPrograms } from '../../../scripts/parts/kubernetes.js'
import { pythonWithHydra } from '../../../scripts/parts/python-hydra.js'
import { s3mockJar } from '../../../scripts/parts/s3mock.js'
import { pythonWithDatasets } from '../../../scripts/parts/python-datasets.js'
import { pythonWithKubernetes } from '../../../scripts/parts/python-kubernetes.js'
import { pythonWithKafka } from '../../../scripts/parts/python-kafka.js'
import { whyNoKafka } from '../kafka/provider.js'
import { whyNoLlama } from '../llama/llama.js'
import { whyNoRegistry } from '../registry/registry.js'

const PARTS = {
  kafka: whyNoKafka,
  registry: whyNoRegistry,
  llama: whyNoLlama,
  s3mock: async () => (s3mockJar() ? null : 'S3Mock is not installed (npm run setup -- s3mock installs it)'),
  kubernetes: async () =>
    kubernetesPrograms() ? null : 'Kubernetes is not installed (npm run setup -- kubernetes builds it)',
  chromium: async () => (chromiumPath() ? null : 'no Chromium is here (npm run setup -- chromium installs it)'),
  'node-versions': async () =>
    nodeVersions() ? null : 'Node 20, 22 and 24 are not installed (npm run setup -- node-versions installs them)',
  'bench-python': () =>
    Promise.all([pythonPackage('sentencepiece', '0.2.1'), pythonPackage('datasketch', '2.0.0')]).then(
      () => null,
      (error: unknown) => `pip cannot install what benchmarks are compared with (${String(error).split('\n')[0]})`,
    ),
  'python-kafka': async () =>
    pythonWithKafka() ? null : 'confluent-kafka is not installed (npm run setup -- python-kafka installs it)',
  'python-hydra': async () =>
    pythonWithHydra() ? null : 'hydra-core is not installed (npm run setup -- python-hydra installs it)',
  'python-kubernetes': async () =>
    pythonWithKubernetes()
      ? null
      : 'kubernetes-validate is not installed (npm run setup -- python-kubernetes installs it)',
  'python-datasets': async () =>
    pythonWithDatasets() ? null : 'datasets is not installed (npm run setup -- python-datasets installs it)',
}

/**
 * `describe` for tests that need these parts. When one cannot be had they are skipped, and `npm test` shows the reason in
 * its table; with STEERFLOW_REQUIRE=all it throws the reason instead. `kafka` means brokers of the test's own.
 */
export async function describeWith(
  ...parts: (keyof typeof PARTS)[]
): Promise<(name: string, body: () => void) => void> {
  for (const part of parts) {
    const reason = await PARTS[part]()
    if (reason === null) continue
    if (process.env.STEERFLOW_REQUIRE === 'all') throw new Error(`${part}: ${reason}`)
    return (name, body) => {
      const file = process.env.STEERFLOW_NOT_RUN
      if (file) appendFileSync(file, `${JSON.stringify({ name, reason: `${part}: ${reason}` })}\n`)
      describe.skip(`${name} (${part}: ${reason})`, body)
    }
  }
  return describe
}
