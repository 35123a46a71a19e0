/** Meaning of a Slurm state for an attempt. `interrupted` may be followed by a requeue, so it counts only if it persists. */
export type SlurmMeaning = 'waiting' | 'running' | 'succeeded' | 'failed' | 'cancelled' | 'interrupted'

/** Job states as squeue and sacct name them (Slurm: job state codes). */
const meanings: Readonly<Record<string, SlurmMeaning>> = {
  PENDING: 'waiting',
  CONFIGURING: 'waiting',
  REQUEUED: 'waiting',
  REQUEUE_FED: 'waiting',
  REQUEUE_HOLD: 'waiting',
  RESV_DEL_HOLD: 'waiting',
  SPECIAL_EXIT: 'waiting',
  RUNNING: 'running',
  COMPLETING: 'running',
  RESIZING: 'running',
  SIGNALING: 'running',
  STAGE_OUT: 'running',
  STOPPED: 'running',
  SUSPENDED: 'running',
  COMPLETED: 'succeeded',
  BOOT_FAIL: 'failed',
  DEADLINE: 'failed',
  FAILED: 'failed',
  LAUNCH_FAILED: 'failed',
  OUT_OF_MEMORY: 'failed',
  RECONFIG_FAIL: 'failed',
  REVOKED: 'failed',
  TIMEOUT: 'failed',
  NODE_FAIL: 'interrupted',
  PREEMPTED: 'interrupted',
  CANCELLED: 'cancelled',
}

/** The meaning of a state; an unknown state counts as running. sacct writes `CANCELLED by 1000`. */
export function meaningOf(state: string): SlurmMeaning {
  const [code = ''] = state.replace('+', '').split(' ')
  return Object.hasOwn(meanings, code) ? meanings[code]! : 'running'
}
