import { sha256 } from '../../domain/digest.js'
import type { JobEvent } from '../../domain/job.js'

/**
 * A scheduler's name for an attempt: a function of the job, the attempt and the data folder's instance, so that any process
 * can find the attempt again. It is a DNS label of at most 63 characters that starts with a letter, as Kubernetes and
 * Kubeflow require (docs/reference/training-tools.md#kubernetes-and-kubeflow).
 */
export function attemptName(job: JobEvent, instance: string): string {
  const end = `-${job.attempt}-${instance}`
  const plain = job.job
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+|(?<!-)-+$/g, '')
  if (plain === job.job && plain.length + end.length <= 63) return `${plain}${end}`
  // A digest of the whole name keeps changed or cut names distinct.
  const digest = `-${sha256(job.job).slice(0, 8)}`
  return `${plain.slice(0, 63 - digest.length - end.length).replace(/(?<!-)-+$/, '') || 'job'}${digest}${end}`
}
