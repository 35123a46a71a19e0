import { sha256 } from '../../domain/digest.js'
import type { JobEvent } from '../../domain/job.js'

/**
 * The name under which a scheduler knows an attempt: a function of the job, the attempt and the data folder's instance,
 * so that it is found again by whoever looks. It is a DNS label of at most 63 characters that begins with a letter, as
 * Kubernetes and Kubeflow demand (docs/reference/training-tools.md#kubernetes-and-kubeflow).
 */
export function attemptName(job: JobEvent, instance: string): string {
  const end = `-${job.attempt}-${instance}`
  const plain = job.job
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+|(?<!-)-+$/g, '')
  if (plain === job.job && plain.length + end.length <= 63) return `${plain}${end}`
  // What was changed or cut is told apart by a digest of the whole.
  const digest = `-${sha256(job.job).slice(0, 8)}`
  return `${plain.slice(0, 63 - digest.length - end.length).replace(/(?<!-)-+$/, '') || 'job'}${digest}${end}`
}
