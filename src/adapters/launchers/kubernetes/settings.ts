import { z } from 'zod'
import { ageSeconds, timerSeconds } from '../../../domain/duration.js'

const label = z.string().regex(/^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/, 'expected a label of Kubernetes')
const path = z.string().regex(/^\/[^\s:]*[^\s:/]$/, 'expected an absolute path')
const quantity = z.string().regex(/^(\d+(\.\d+)?(m|[kMGTPE]i?)?)?$/, 'expected a quantity like 500m or 64Gi')
const variable = z.string().regex(/^[A-Za-z_]\w*$/, 'expected the name of a variable')

/** How jobs are submitted to Kubernetes. The client finds the cluster as kubectl does, or from within a pod. */
export const KubernetesSettings = z.strictObject({
  kind: z.enum(['Job', 'TrainJob']).default('Job').describe('Job of batch/v1, or TrainJob of Kubeflow Trainer v2'),
  context: z.string().default('').describe('context of the kubeconfig; empty: the current one, or that of the pod'),
  namespace: label.default('default').describe('namespace of the jobs'),
  image: z.string().default('').describe('image with the trainer; for a TrainJob, empty: the image of its runtime'),
  dataClaim: label
    .default('')
    .describe('PersistentVolumeClaim of the data folder, for a Job; a runtime mounts its own'),
  dataPath: path.default('/steerflow').describe('mount path of the data folder in containers'),
  gpus: z.int().nonnegative().nullable().default(null).describe('GPUs per node; null: as configured for the trainer'),
  gpuResource: z.string().min(1).default('nvidia.com/gpu').describe('name of the resource that is a GPU'),
  cpu: quantity.default('').describe('CPU request; empty: the default of the cluster'),
  memory: quantity.default('').describe('memory request and limit; empty: the default of the cluster'),
  sharedMemory: quantity.default('').describe('size of /dev/shm of a Job; empty: 64 MiB, too little for several GPUs'),
  queue: label.default('').describe('LocalQueue of Kueue; a job starts suspended, and Kueue releases it'),
  priorityClass: label.default('').describe('WorkloadPriorityClass of Kueue'),
  runtime: label.default('torch-distributed').describe('runtime of a TrainJob'),
  runtimeKind: z
    .enum(['ClusterTrainingRuntime', 'TrainingRuntime'])
    .default('ClusterTrainingRuntime')
    .describe('kind of the runtime'),
  serviceAccount: label.default('').describe('service account of the pods of a Job; empty: the default'),
  nodeSelector: z.record(z.string(), label).default({}).describe('labels that nodes of a Job must have'),
  environment: z
    .record(variable, z.string())
    .default({})
    .describe('environment variables of the containers; no secrets'),
  secretEnvironment: z
    .record(variable, z.string().regex(/^[a-z0-9][-a-z0-9.]*\/[-\w.]+$/, 'expected secret/key'))
    .default({})
    .describe('environment variables from Secrets, as secret/key; steerflow never sees the values'),
  deadlineSeconds: ageSeconds().int().min(1).nullable().default(null).describe('time limit of a Job; null: no limit'),
  keepSeconds: z
    .int()
    .nonnegative()
    .nullable()
    .default(604_800)
    .describe('how long the cluster keeps a finished Job; null: forever'),
  pollSeconds: timerSeconds().default(10).describe('polling interval of a job'),
})
export type KubernetesSettings = z.output<typeof KubernetesSettings>
