import type { LintSubject, Surroundings } from './subject.js'

/** `error`: the job fails, or learns something else than intended. `warning`: it may. `note`: harmless. */
export type Severity = 'error' | 'warning' | 'note'

/** A violation of a rule. */
export interface Problem {
  readonly text: string
  /** The next step. */
  readonly next: string
  /** Replaces the severity of the rule in this case. */
  readonly severity?: Severity
}

/** A rule: a pure function of a job and its surroundings. */
export interface Rule {
  readonly id: string
  readonly severity: Severity
  /** What it looks for, in one sentence. */
  readonly title: string
  readonly check: (subject: LintSubject, around: Surroundings) => readonly Problem[]
}

/** A problem with its rule and its place. */
export interface LintFinding {
  readonly rule: string
  readonly severity: Severity
  readonly subject: string
  readonly text: string
  readonly next: string
}
