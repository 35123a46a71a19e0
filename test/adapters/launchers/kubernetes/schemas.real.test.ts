import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { batchJob, trainJob } from '../../../../src/adapters/launchers/kubernetes/manifest.js'
import { KubernetesSettings } from '../../../../src/adapters/launchers/kubernetes/settings.js'
import type { Rendered } from '../../../../src/trainers/trainer.js'
import { kubeflowFolder, kubeflowVersions, pythonWithKubernetes } from '../../../../scripts/parts/python-kubernetes.js'
import { describeWith } from '../../../support/parts/describe-with.js'
import { job } from '../../../support/training.js'

const describe = await describeWith('python-kubernetes')
const script = fileURLToPath(new URL('../../../support/kubernetes/validate.py', import.meta.url))

/** What the real schemas say of manifests: a problem, or nothing, for each. */
function problems(manifests: readonly object[], version = '2.3.0', minor = '1.34'): readonly string[] {
  const { python, packages } = pythonWithKubernetes()!
  const input = manifests.map(manifest => JSON.stringify({ kind: (manifest as { kind: string }).kind, manifest }))
  const path = [packages, kubeflowFolder(packages, version)].join(':')
  const output = execFileSync(python, ['-B', script, version, minor], {
    input: `${input.join('\n')}\n`,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, PYTHONPATH: path },
  })
  return output
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as string)
}

const one: Rendered = { files: {}, steps: [['python', 'train.py']], workdir: '/opt/t', env: { A: 'b' } }
const attempt = (rendered: Partial<Rendered>, settings: object) => ({
  name: 'j-1-0123abcd',
  job: job({ attempt: 1 }),
  rendered: { ...one, ...rendered },
  settings: KubernetesSettings.parse({ image: 'i', dataClaim: 'data', ...settings }),
})
const everything = {
  queue: 'team-a',
  priorityClass: 'high',
  cpu: '8',
  memory: '64Gi',
  sharedMemory: '8Gi',
  gpus: 4,
  serviceAccount: 'trainer',
  nodeSelector: { zone: 'a' },
  environment: { MODE: 'x' },
  secretEnvironment: { HF_TOKEN: 'hf/token' },
  deadlineSeconds: 3600,
}
const machines = { nodes: 1, devices: 4, tasks: 4 }

describe('what is handed to Kubernetes', () => {
  it.each(['1.28', '1.31', '1.34'])('is a Job by the schema of version %s, strictly', minor => {
    const jobs = [
      batchJob(attempt({}, {})),
      batchJob(attempt({ steps: [['a'], ['b'], ['c']], machines }, everything)),
      batchJob(attempt({}, { keepSeconds: null })),
    ]
    expect(problems(jobs, '2.3.0', minor)).toEqual(['', '', ''])
  })

  it.each(kubeflowVersions)('is a TrainJob as the client of Kubeflow %s reads it', version => {
    const jobs = [
      trainJob(attempt({}, {}), '/steerflow/jobs/j'),
      trainJob(attempt({ steps: [['a'], ['b']], machines }, everything), '/steerflow/jobs/j'),
    ]
    expect(problems(jobs, version)).toEqual(['', ''])
  })

  it('would be found wrong by both', () => {
    const good = batchJob(attempt({}, {}))
    const train = trainJob(attempt({}, {}), '/f')
    const found = problems([
      { ...good, spec: { ...good.spec, backofLimit: 0 } },
      { ...good, spec: { ...good.spec, backoffLimit: 'none' } },
      { ...train, spec: { ...train.spec, podSpecOverrides: [] } },
      { ...train, spec: { ...train.spec, trainer: { numNodes: 'many' } } },
      { ...train, spec: {} },
    ])
    expect(found.filter(problem => problem === '')).toEqual([])
  })
})
