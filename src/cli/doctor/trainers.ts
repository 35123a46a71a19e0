import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { delimiter, isAbsolute, join, resolve } from 'node:path'
import { startedAs } from '../../adapters/launchers/exec/programs.js'
import { openJobRunners } from '../../adapters/launchers/runners.js'
import { explain, SteerflowError } from '../../domain/errors.js'
import type { JobEvent } from '../../domain/job.js'
import type { Flow } from '../../flow.js'
import { trainerNamed } from '../../trainers/trainers.js'
import { settledFor } from '../../domain/dataset-rule.js'
import { type Config, datasetNames, datasetOf } from '../config.js'
import { fail, type Finding, ok, together } from './check.js'
import { webhook } from './launchers.js'

/** The datasets that nodes seal, by name or by the rule that generates the name. */
const sealedBy = ({ nodes }: Flow): readonly string[] =>
  nodes.flatMap(({ stage, fixed }) =>
    stage.kind === 'closing' && typeof fixed.dataset === 'string' ? [fixed.dataset] : [],
  )

/** Checks that every configured dataset is sealed by a node; any other would never trigger a training. */
export function datasetsSealed(config: Config): Finding {
  const sealed = sealedBy(config.flow)
  const isSealed = (name: string): boolean =>
    sealed.includes(name) || sealed.some(rule => settledFor({ [rule]: true }, name) === true)
  const named = [
    ...Object.keys(config.datasets).map(name => ({ key: `datasets.${name}`, name })),
    { key: 'bootstrap.dataset', name: config.bootstrap.dataset },
  ]
  const findings = named
    .filter(({ name }) => !isSealed(name))
    .map(({ key, name }) =>
      fail(
        `${key}: no node seals ${name}, so it never triggers a training; sealed datasets are ${sealed.join(', ')}`,
        `Correct the name in ${key}.`,
      ),
    )
  return together(findings, sealed.join(', '))
}

/**
 * Checks that the trainings of all datasets can be started from here: trainer, settings, launcher, and the programs of
 * `exec`.
 */
export async function trainersRunnable(config: Config): Promise<Finding> {
  const findings = await Promise.all(datasetNames(config).map(name => runnable(config, name)))
  return together(
    findings,
    findings.flatMap(({ detail }) => (detail === '' ? [] : [detail])).join('; ') || 'nothing is trained',
  )
}

async function runnable(config: Config, name: string): Promise<Finding> {
  const { trainer, launcher, settings } = datasetOf(config, name)
  const { trainers } = config.flow
  if (trainer === 'none') return ok('')
  const both = `datasets.${name}: the trainer ${trainer} and the launcher ${launcher}`
  try {
    const known = trainerNamed(trainer, trainers)
    openJobRunners(resolve(config.dataDir), config.launchers, trainers).runner(launcher)
    const { steps, workdir = null } = known.render(example(name, trainer, launcher, settings), places)
    if (launcher === 'webhook') {
      const found = await webhook(config.launchers)
      if (found.state !== 'ok') return { ...found, detail: `${both}: ${found.detail}` }
    }
    if (launcher !== 'exec') return ok(`${name}: ${trainer} by ${launcher}`)
    if (known.result === null) {
      const able = trainers.flatMap(one => (one.result === null ? [] : [one.name])).join(', ')
      throw new SteerflowError('STEERFLOW_JOB_INVALID', `jobs of ${trainer} can only be rendered; exec runs ${able}`)
    }
    for (const step of steps) await findProgram(startedAs(step)[0]!)
    if (workdir !== null) await mustBeThere(workdir, 'its folder')
    return ok(`${name}: ${trainer} by ${launcher}`)
  } catch (error) {
    return fail(
      `${both} do not work together on this machine: ${explain(error)}`,
      `Correct datasets.${name}, or install what is missing.`,
    )
  }
}

/** Paths of an example job, which has no files. */
const places = { root: '/', snapshot: '/snapshot', folder: '/folder', output: '/output' }

/** An example of a dataset's job. */
function example(dataset: string, trainer: string, launcher: string, settings: JobEvent['settings']): JobEvent {
  const digest = '0'.repeat(64)
  return {
    job: `${dataset}-${digest.slice(0, 12)}-${trainer}`,
    dataset,
    state: 'requested',
    attempt: 0,
    trainer,
    launcher,
    settings,
    snapshot: { dataset, digest, path: 'snapshot', train: 1, validation: 1, attribute_set: '' },
    decision: { train: true, rule: '', values: {} },
    host: null,
    folder: null,
    detail: null,
    model: null,
  }
}

/** Searches for a program as a shell does. @throws STEERFLOW_JOB_INVALID if it is not found */
async function findProgram(program: string): Promise<void> {
  if (isAbsolute(program)) return mustBeThere(program, 'its program', constants.X_OK)
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean)
  for (const folder of folders) {
    const found = await access(join(folder, program), constants.X_OK).then(
      () => true,
      () => false,
    )
    if (found) return
  }
  throw new SteerflowError('STEERFLOW_JOB_INVALID', `its program ${program} is in no folder of PATH`)
}

async function mustBeThere(path: string, what: string, mode = constants.R_OK): Promise<void> {
  await access(path, mode).catch((cause: unknown) => {
    throw new SteerflowError('STEERFLOW_JOB_INVALID', `${what} ${path} cannot be used`, { cause })
  })
}
