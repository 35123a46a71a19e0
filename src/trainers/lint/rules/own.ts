import { trainers } from '../../trainers.js'
import type { Rule } from '../finding.js'

/** Without this note, silence about a job would suggest that nothing is wrong with it. */
export const ownTrainer: Rule = {
  id: 'own-trainer',
  severity: 'note',
  title: 'a trainer of your own flow, whose faults no rule knows',
  check: ({ trainer, refused }) =>
    trainer === null || refused !== null || trainers.some(({ name }) => name === trainer)
      ? []
      : [
          {
            text: `${trainer} is a trainer of your flow: only its acceptance of the settings, its prompt tokens and its length are checked`,
            next: 'try its job by hand: the launcher render writes run.sh',
          },
        ],
}
