import { resolve } from 'node:path'
import { SteerflowError } from '../../domain/errors.js'
import { type JobRunner, type JobRunners } from '../../stages/needs.js'
import { ExecRunner, type ExecOptions } from './exec/exec-runner.js'
import { renderRunner } from './render.js'

/** The launchers of this machine: `render` writes the files of a job, `exec` runs it here. */
export function openJobRunners(root: string, options: ExecOptions = {}): JobRunners {
  const runners: Readonly<Record<string, JobRunner>> = {
    render: renderRunner(resolve(root)),
    exec: new ExecRunner(resolve(root), options),
  }
  return {
    runner: launcher => {
      const found = Object.hasOwn(runners, launcher) ? runners[launcher] : undefined
      if (found) return found
      const known = Object.keys(runners).join(', ')
      throw new SteerflowError('STEERFLOW_JOB_INVALID', `no launcher is called ${launcher}; known: ${known}`)
    },
  }
}
