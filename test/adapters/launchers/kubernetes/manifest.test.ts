import { describe, expect, it } from 'vitest'
import { batchJob, trainJob } from '../../../../src/adapters/launchers/kubernetes/manifest.js'
import { KubernetesSettings } from '../../../../src/adapters/launchers/kubernetes/settings.js'
import type { Rendered } from '../../../../src/trainers/trainer.js'
import { job } from '../../../support/training.js'

const one: Rendered = { files: {}, steps: [['python', 'train.py', '$HOME; "x"']], workdir: '/opt/t', env: { A: 'b' } }
const attempt = (rendered: Partial<Rendered> = {}, settings: object = {}) => ({
  name: 'j-1-0123abcd',
  job: job({ attempt: 1 }),
  rendered: { ...one, ...rendered },
  settings: KubernetesSettings.parse({ image: 'i', dataClaim: 'data', ...settings }),
})
const refused = expect.objectContaining({ code: 'STEERFLOW_JOB_INVALID' }) as Error

describe('the manifest of a Job', () => {
  it('is one pod that is never started again, without a shell', () => {
    const { spec } = batchJob(attempt())
    expect(spec).toMatchObject({ backoffLimit: 0, suspend: false, template: { spec: { restartPolicy: 'Never' } } })
    const [container] = spec!.template.spec!.containers
    expect(container).toMatchObject({
      command: ['python', 'train.py', '$HOME; "x"'],
      workingDir: '/opt/t',
      env: [{ name: 'A', value: 'b' }],
    })
  })

  it('runs earlier steps as init containers', () => {
    const { spec } = batchJob(attempt({ steps: [['steerflow', 'a'], ['b'], ['c']] }))
    expect(spec!.template.spec!.initContainers!.map(({ name, command }) => [name, command])).toEqual([
      ['step-1', ['steerflow', 'a']],
      ['step-2', ['b']],
    ])
    expect(spec!.template.spec!.containers.map(({ name }) => name)).toEqual(['trainer'])
  })

  it('asks for the GPUs that the trainer is set to, and takes secrets by reference only', () => {
    const machines = { nodes: 1, devices: 4, tasks: 4 }
    const made = attempt({ machines }, { memory: '64Gi', cpu: '8', secretEnvironment: { HF_TOKEN: 'hf/token' } })
    const [container] = batchJob(made).spec!.template.spec!.containers
    expect(container!.resources).toEqual({
      requests: { cpu: '8', memory: '64Gi', 'nvidia.com/gpu': '4' },
      limits: { memory: '64Gi', 'nvidia.com/gpu': '4' },
    })
    expect(container!.env).toContainEqual({
      name: 'HF_TOKEN',
      valueFrom: { secretKeyRef: { name: 'hf', key: 'token' } },
    })
  })

  it('needs an image, a volume and one node', () => {
    expect(() => batchJob(attempt({}, { image: '' }))).toThrow(refused)
    expect(() => batchJob(attempt({}, { dataClaim: '' }))).toThrow(refused)
    expect(() => batchJob(attempt({ machines: { nodes: 2, devices: 8, tasks: 8 } }))).toThrow(refused)
  })
})

describe('the manifest of a TrainJob', () => {
  it('has whole numbers of nodes and processes, and the label of its queue', () => {
    const machines = { nodes: 2, devices: 8, tasks: 8 }
    const made = trainJob(attempt({ machines }, { queue: 'gpus', priorityClass: 'low' }), '/f')
    expect(made.metadata.labels).toMatchObject({
      'kueue.x-k8s.io/queue-name': 'gpus',
      'kueue.x-k8s.io/priority-class': 'low',
    })
    expect(made.spec).toMatchObject({
      suspend: true,
      trainer: { numNodes: 2, numProcPerNode: 8, command: one.steps[0] },
    })
  })

  it('runs several steps on one node only', () => {
    const steps = [['a'], ['b']]
    expect(trainJob(attempt({ steps }), '/f').spec).toMatchObject({ trainer: { command: ['sh', '/f/run.sh'] } })
    expect(() => trainJob(attempt({ steps, machines: { nodes: 2, devices: 1, tasks: 1 } }), '/f')).toThrow(refused)
  })
})
