import type { LintFinding, Rule } from './finding.js'
import { filesNeverMeet, scriptPath } from './rules/files.js'
import { refusedSetting, sftTrainer, unknownKey } from './rules/keys.js'
import { shorterThanClean, validationLength } from './rules/lengths.js'
import {
  carriageReturn,
  controlCharacter,
  detachedSetting,
  hydraQuotes,
  lostBackslash,
  strayWord,
  tokenEscape,
} from './rules/shell.js'
import { promptTokens } from './rules/tokens.js'
import { batchDivision, parallelDevices, uniformSelective, wandbProject } from './rules/trainer.js'
import { ownTrainer } from './rules/own.js'
import type { LintSubject, Surroundings } from './subject.js'

/** Every rule. Rules change nothing: a person decides about their findings. */
export const rules: readonly Rule[] = [
  refusedSetting,
  sftTrainer,
  unknownKey,
  lostBackslash,
  tokenEscape,
  controlCharacter,
  hydraQuotes,
  strayWord,
  detachedSetting,
  carriageReturn,
  promptTokens,
  validationLength,
  shorterThanClean,
  filesNeverMeet,
  scriptPath,
  wandbProject,
  parallelDevices,
  batchDivision,
  uniformSelective,
  ownTrainer,
]

/** The findings in a subject, in the order of the rules. */
export const lint = (subject: LintSubject, around: Surroundings): readonly LintFinding[] =>
  rules.flatMap(({ id, severity, check }) =>
    check(subject, around).map(problem => ({
      rule: id,
      severity: problem.severity ?? severity,
      subject: subject.name,
      text: problem.text,
      next: problem.next,
    })),
  )
