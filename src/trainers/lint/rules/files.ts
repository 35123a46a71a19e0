import type { Rule } from '../finding.js'
import { valueOf } from '../subject.js'

const keys = ['model.data.train_ds.file_path', 'model.data.validation_ds.file_path']

/**
 * The tutorial's second job reads files that no command makes: docs/reference/training-tools.md#the-tutorials-commands.
 */
export const filesNeverMeet: Rule = {
  id: 'files-never-meet',
  severity: 'error',
  title: 'a file that training reads and no command of the script makes',
  check: (subject, { made }) =>
    !subject.trains || made === null
      ? []
      : keys.flatMap(key => {
          const file = valueOf(subject, key)
          if (typeof file !== 'string' || made.includes(file)) return []
          return [
            {
              text: `${key} is ${file}, which no command here makes`,
              next: `read one of the files that are made (${made.join(', ')}), or make it: the annotated ones are of type TEXT_TO_VALUE, and have to become VALUE_TO_TEXT to train the answering model`,
            },
          ]
        }),
}

const place = 'scripts/nlp_language_modeling/sft'

/** The tutorial calls data_clean.py under two paths: docs/reference/training-tools.md#the-tutorials-commands. */
export const scriptPath: Rule = {
  id: 'script-path',
  severity: 'warning',
  title: 'a data script under a path where no NeMo has it',
  check: ({ words }) =>
    words
      .filter(({ text }) => /(^|\/)scripts\/(data_clean|preprocessing|attribute_annotate)\.py$/.test(text))
      .map(({ text }) => ({
        text: `${text} does not exist`,
        next: `NeMo has it in ${place}; or use steerflow's command with the same flags`,
      })),
}
