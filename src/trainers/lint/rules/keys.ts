import { nemoKeys } from '../../nemo-aligner.js'
import type { Rule } from '../finding.js'
import { unknownValue } from '../subject.js'

const old = /^sft_trainer\./

/**
 * Five keys that the tutorial prints and every release refuses:
 * docs/reference/training-tools.md#the-tutorials-commands.
 */
export const sftTrainer: Rule = {
  id: 'sft-trainer',
  severity: 'error',
  title: 'a key `sft_trainer.*`, which no released NeMo-Aligner has; it is `trainer.sft.*`',
  check: ({ settings }) =>
    [...settings.values()]
      .filter(({ key }) => old.test(key))
      .map(({ key, value, word }) => ({
        text: `${key} is refused ("Key 'sft_trainer' is not in struct"); with + or in a file it is accepted, but never read`,
        next: `write ${key.replace(old, 'trainer.sft.')}=${value === unknownValue ? word!.raw.slice(word!.raw.indexOf('=') + 1) : String(value)}`,
      })),
}

export const unknownKey: Rule = {
  id: 'unknown-key',
  severity: 'warning',
  title: 'an unknown key, which our trainer nemo-aligner refuses',
  check: ({ trains, settings }) =>
    !trains
      ? []
      : [...settings.values()]
          .filter(({ key, word }) => word !== null && !nemoKeys.includes(key) && !old.test(key))
          .map(({ key }) => ({
            text: `${key} is not among the keys that a job may set`,
            next: 'check whether gpt_sft.yaml of your version has it; as a setting of a job it is refused',
          })),
}

export const refusedSetting: Rule = {
  id: 'refused-setting',
  severity: 'error',
  title: 'a setting that the trainer refuses, so that the job fails before it is launched',
  check: ({ refused }) =>
    refused === null ? [] : [{ text: refused, next: 'correct datasets.<name>.settings in steerflow.yaml' }],
}
