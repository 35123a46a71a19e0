import type { V1ConfigMap, V1EnvVar, V1Job } from '@kubernetes/client-node'
import { SteerflowError } from '../../../domain/errors.js'
import type { JobEvent } from '../../../domain/job.js'
import type { Rendered } from '../../../trainers/trainer.js'
import type { KubernetesSettings } from './settings.js'

/** The label that marks an object as our attempt; its value is the attempt's name. */
export const attemptLabel = 'steerflow/attempt'

/** Mount path of a Job's files. */
export const filesPath = '/steerflow-job'

/** The inputs of a manifest. */
export interface JobAttempt {
  readonly name: string
  readonly job: JobEvent
  readonly rendered: Rendered
  readonly settings: KubernetesSettings
}

const invalid = (why: string): SteerflowError => new SteerflowError('STEERFLOW_JOB_INVALID', why)

/** Name, labels and annotations of every object of an attempt. */
function metadata({ name, job, settings }: JobAttempt) {
  const { namespace, queue, priorityClass } = settings
  return {
    name,
    namespace,
    labels: {
      'app.kubernetes.io/managed-by': 'steerflow',
      [attemptLabel]: name,
      ...(queue !== '' && { 'kueue.x-k8s.io/queue-name': queue }),
      ...(priorityClass !== '' && { 'kueue.x-k8s.io/priority-class': priorityClass }),
    },
    annotations: { 'steerflow/job': job.job, 'steerflow/attempt-number': String(job.attempt) },
  }
}

function environment({ rendered, settings }: JobAttempt): V1EnvVar[] {
  const plain = { ...rendered.env, ...settings.environment }
  const secret = Object.entries(settings.secretEnvironment).map(([name, reference]) => {
    const [of = '', key = ''] = reference.split('/')
    return { name, valueFrom: { secretKeyRef: { name: of, key } } }
  })
  return [...Object.entries(plain).map(([name, value]) => ({ name, value })), ...secret]
}

/** Requests and limits per node. GPUs are never shared, so their request equals their limit. */
function resources({ rendered, settings }: JobAttempt) {
  const gpus = settings.gpus ?? rendered.machines?.devices ?? 0
  const both = {
    ...(settings.memory !== '' && { memory: settings.memory }),
    ...(gpus > 0 && { [settings.gpuResource]: String(gpus) }),
  }
  return { requests: { ...(settings.cpu !== '' && { cpu: settings.cpu }), ...both }, limits: both }
}

/** The files of an attempt, for the pods of a Job. */
export const configMap = (attempt: JobAttempt, files: Readonly<Record<string, string>>): V1ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: metadata(attempt),
  immutable: true,
  data: { ...files },
})

/**
 * A Job of one pod. All steps except the last are init containers, which run one after another. Nothing is restarted
 * automatically, since a restart is a new attempt.
 * @throws STEERFLOW_JOB_INVALID without an image or a volume, and for more than one node
 */
export function batchJob(attempt: JobAttempt): V1Job {
  const { rendered, settings } = attempt
  if (settings.image === '') throw invalid('launchers.kubernetes.image is not set')
  if (settings.dataClaim === '') throw invalid('launchers.kubernetes.dataClaim is not set')
  if ((rendered.machines?.nodes ?? 1) > 1)
    throw invalid('a Job of Kubernetes is one pod: for several nodes set kind TrainJob')
  const shm = settings.sharedMemory
  const container = (step: readonly string[], index: number) => ({
    name: index === rendered.steps.length - 1 ? 'trainer' : `step-${index + 1}`,
    image: settings.image,
    command: [...step],
    env: environment(attempt),
    resources: resources(attempt),
    ...(rendered.workdir !== undefined && { workingDir: rendered.workdir }),
    volumeMounts: [
      { name: 'data', mountPath: settings.dataPath },
      { name: 'job', mountPath: filesPath, readOnly: true },
      ...(shm === '' ? [] : [{ name: 'shm', mountPath: '/dev/shm' }]),
    ],
  })
  const containers = rendered.steps.map(container)
  const { labels } = metadata(attempt)
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: metadata(attempt),
    spec: {
      backoffLimit: 0,
      completions: 1,
      parallelism: 1,
      suspend: settings.queue !== '',
      ...(settings.deadlineSeconds !== null && { activeDeadlineSeconds: settings.deadlineSeconds }),
      ...(settings.keepSeconds !== null && { ttlSecondsAfterFinished: settings.keepSeconds }),
      template: {
        metadata: { labels: { [attemptLabel]: labels[attemptLabel] } },
        spec: {
          restartPolicy: 'Never',
          ...(settings.serviceAccount !== '' && { serviceAccountName: settings.serviceAccount }),
          ...(Object.keys(settings.nodeSelector).length > 0 && { nodeSelector: settings.nodeSelector }),
          ...(containers.length > 1 && { initContainers: containers.slice(0, -1) }),
          containers: containers.slice(-1),
          volumes: [
            { name: 'data', persistentVolumeClaim: { claimName: settings.dataClaim } },
            { name: 'job', configMap: { name: attempt.name } },
            ...(shm === '' ? [] : [{ name: 'shm', emptyDir: { medium: 'Memory', sizeLimit: shm } }]),
          ],
        },
      },
    },
  }
}

/** The fields of a TrainJob that are set here. */
export interface TrainJob {
  readonly apiVersion: 'trainer.kubeflow.org/v1alpha1'
  readonly kind: 'TrainJob'
  readonly metadata: ReturnType<typeof metadata>
  readonly spec: object
}

/**
 * A TrainJob of Kubeflow, with keys that every version of Trainer v2 accepts
 * (docs/reference/training-tools.md#kubernetes-and-kubeflow). It has no volumes of its own: its runtime mounts the data
 * folder, which also contains the job's files.
 * @param folder the attempt's folder in the containers
 * @throws STEERFLOW_JOB_INVALID for several steps on several nodes, since each node would run them all
 */
export function trainJob(attempt: JobAttempt, folder: string): TrainJob {
  const { rendered, settings } = attempt
  const { nodes, tasks } = rendered.machines ?? { nodes: 1, tasks: 1 }
  const several = rendered.steps.length > 1
  if (several && nodes > 1) throw invalid('a TrainJob of several nodes has one step: each node would run all')
  const { image } = settings
  return {
    apiVersion: 'trainer.kubeflow.org/v1alpha1',
    kind: 'TrainJob',
    metadata: metadata(attempt),
    spec: {
      runtimeRef: { apiGroup: 'trainer.kubeflow.org', kind: settings.runtimeKind, name: settings.runtime },
      suspend: settings.queue !== '',
      trainer: {
        ...(image !== '' && { image }),
        command: several ? ['sh', `${folder}/run.sh`] : [...rendered.steps[0]!],
        env: environment(attempt),
        numNodes: nodes,
        numProcPerNode: tasks,
        resourcesPerNode: resources(attempt),
      },
    },
  }
}
