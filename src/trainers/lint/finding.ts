import type { LintSubject, Surroundings } from './subject.js'

/** `error`: the job fails, or learns something else than was meant. `warning`: it may. `note`: it does no harm. */
export type Severity = 'error' | 'warning' | 'note'

/** A place at which a rule is broken. */
export interface Problem {
  readonly text: string
  /** What to do. */
  readonly next: string
  /** Where a rule is graver or lighter in a case. */
  readonly severity?: Severity
}

/** A rule: a pure function of a job and what stands around it. */
export interface Rule {
  readonly id: string
  readonly severity: Severity
  /** What it looks for, in one sentence. */
  readonly title: string
  readonly check: (subject: LintSubject, around: Surroundings) => readonly Problem[]
}

/** A problem that was found: which rule, where. */
export interface LintFinding {
  readonly rule: string
  readonly severity: Severity
  readonly subject: string
  readonly text: string
  readonly next: string
}
