import { z } from 'zod'

const label = z.string().regex(/^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/, 'expected a label of Kubernetes')
const path = z.string().regex(/^\/[^\s:]*[^\s:/]$/, 'expected an absolute path')
const quantity = z.string().regex(/^(\d+(\.\d+)?(m|[kMGTPE]i?)?)?$/, 'expected a quantity like 500m or 64Gi')
const variable = z.string().regex(/^[A-Za-z_]\w*$/, 'expected the name of a variable')

/** How jobs are handed to Kubernetes. The client finds the cluster as kubectl does, or from within a pod. */
export const KubernetesSettings = z.strictObject({
  kind: z.enum(['Job', 'TrainJob']).default('Job').describe('Job of batch/v1, or TrainJob of Kubeflow Trainer v2'),
  context: z.string().default('').describe('context of the kubeconfig; empty: the current one, or that of the pod'),
  namespace: label.default('default').describe('namespace of the jobs'),
  image: z.string().default('').describe('image with the trainer; of a TrainJob may be empty: that of its runtime'),
  dataClaim: label
    .default('')
    .describe('PersistentVolumeClaim of the data folder, for a Job; a runtime mounts its own'),
  dataPath: path.default('/steerflow').describe('where the data folder is mounted in containers'),
  gpus: z.int().nonnegative().nullable().default(null).describe('GPUs of each node; null: as the trainer is set to'),
  gpuResource: z.string().min(1).default('nvidia.com/gpu').describe('name of the resource that is a GPU'),
  cpu: quantity.default('').describe('processors that are requested; empty: as the cluster has it'),
  memory: quantity.default('').describe('memory that is requested and the limit; empty: as the cluster has it'),
  sharedMemory: quantity
    .default('')
    .describe('size of /dev/shm of a Job; empty: 64 MiB, which is little for several GPUs'),
  queue: label.default('').describe('LocalQueue of Kueue; a job starts suspended, and Kueue lets it run'),
  priorityClass: label.default('').describe('WorkloadPriorityClass of Kueue'),
  runtime: label.default('torch-distributed').describe('runtime of a TrainJob'),
  runtimeKind: z
    .enum(['ClusterTrainingRuntime', 'TrainingRuntime'])
    .default('ClusterTrainingRuntime')
    .describe('its kind'),
  serviceAccount: label.default('').describe('service account of the pods of a Job; empty: the default'),
  nodeSelector: z.record(z.string(), label).default({}).describe('labels that nodes of a Job must have'),
  environment: z.record(variable, z.string()).default({}).describe('variables of the containers; nothing secret'),
  secretEnvironment: z
    .record(variable, z.string().regex(/^[a-z0-9][-a-z0-9.]*\/[-\w.]+$/, 'expected secret/key'))
    .default({})
    .describe('variables whose values are keys of Secrets, as secret/key: the value is never seen here'),
  deadlineSeconds: z
    .int()
    .positive()
    .nullable()
    .default(null)
    .describe('longest that a Job may run; null: no such bound'),
  keepSeconds: z
    .int()
    .nonnegative()
    .nullable()
    .default(604_800)
    .describe('how long the cluster keeps a Job that has ended; null: for good'),
  pollSeconds: z.number().positive().default(10).describe('seconds between two looks at a job'),
})
export type KubernetesSettings = z.output<typeof KubernetesSettings>
