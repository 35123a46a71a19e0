import { z } from 'zod'
import { runScript } from './run-script.js'
import { trainer } from './trainer.js'

/** A value model that runs anywhere: our own command, on this machine's processor. */
export const baseline = trainer({
  name: 'baseline',
  role: 'value',
  result: { kind: 'baseline', model: 'model.json', metrics: 'metrics.json' },
  settings: z.strictObject({
    predicted: z
      .boolean()
      .default(false)
      .describe(
        'learn from labels that a model predicted, too: the result imitates that model and only serves to try the flow',
      ),
    folds: z
      .int()
      .min(2)
      .max(20)
      .default(5)
      .describe('number of parts of the trees; each is held out once to measure the model'),
  }),
  render: (_job, { folds, predicted }, { snapshot, output }) => {
    const paths = ['--snapshot', snapshot, '--output', output]
    const steps = [
      ['steerflow', 'baseline', 'train', ...paths, '--folds', String(folds), ...(predicted ? ['--predicted'] : [])],
    ]
    return { files: { 'run.sh': runScript('Trains the baseline value model on this machine.', { steps }) }, steps }
  },
})
