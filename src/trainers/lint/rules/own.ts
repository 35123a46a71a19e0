import { trainers } from '../../trainers.js'
import type { Rule } from '../finding.js'

/** Silence about a job would say that nothing is wrong with it. */
export const ownTrainer: Rule = {
  id: 'own-trainer',
  severity: 'note',
  title: 'a trainer of your own flow, of which no rule knows what goes wrong',
  check: ({ trainer, refused }) =>
    trainer === null || refused !== null || trainers.some(({ name }) => name === trainer)
      ? []
      : [
          {
            text: `${trainer} is a trainer of your flow: that it takes the settings, its prompt tokens and its length are all that is looked at`,
            next: 'try its job by hand: the launcher render writes run.sh',
          },
        ],
}
