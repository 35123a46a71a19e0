import type { JobEvent } from '../../domain/job.js'
import { isOpen } from '../../domain/job-states.js'
import { extraIdTokens } from '../../domain/prompt-tokens.js'
import { scriptOf } from '../../trainers/lint/command-subjects.js'
import type { LintFinding } from '../../trainers/lint/finding.js'
import { jobSubject } from '../../trainers/lint/job-subject.js'
import { lint } from '../../trainers/lint/lint.js'
import type { LintSubject, Surroundings } from '../../trainers/lint/subject.js'
import { type Config, datasetNames, datasetOf, promptTokensOf } from '../config.js'

/** The linted jobs and the findings. */
export interface Linted {
  /** Names of the jobs. */
  readonly jobs: readonly string[]
  readonly findings: readonly LintFinding[]
}

const ours = (config: Config): Surroundings => ({
  tokens: promptTokensOf(config),
  tokensOf: 'steerflow.yaml has conversations cleaned, annotated and asked with',
  seqLen: config.clean.seqLen,
  made: null,
  crlf: false,
})

const linted = (subjects: readonly LintSubject[], around: Surroundings): Linted => ({
  jobs: subjects.filter(({ trains }) => trains).map(({ name }) => name),
  findings: subjects.flatMap(subject => lint(subject, around)),
})

/** Lints the commands of a shell script, such as the tutorial's. */
export function lintScript(text: string, config: Config): Linted {
  const { subjects, made, cleans, crlf } = scriptOf(text)
  const scripts = { tokens: extraIdTokens, tokensOf: 'the data scripts clean and annotate with' }
  return linted(subjects, { ...ours(config), seqLen: null, made, crlf, ...(cleans && scripts) })
}

/** Lints jobs as requested. */
export const lintJobs = (jobs: readonly JobEvent[], config: Config): Linted =>
  linted(
    jobs.map(({ job, trainer, settings }) => jobSubject({ name: job, trainer, settings }, config.flow.trainers)),
    ours(config),
  )

/** Lints the next job of each configured dataset. */
export const lintDatasets = (config: Config): Linted =>
  linted(
    datasetNames(config).flatMap(dataset => {
      const { trainer, settings } = datasetOf(config, dataset)
      return trainer === 'none'
        ? []
        : [jobSubject({ name: `dataset ${dataset} (${trainer})`, trainer, settings }, config.flow.trainers)]
    }),
    ours(config),
  )

/** Jobs that are still to be run, here or elsewhere. */
export const jobsAhead = (jobs: Iterable<JobEvent>): readonly JobEvent[] =>
  [...jobs].filter(({ state }) => isOpen(state) || state === 'rendered')
