import { type Command, InvalidArgumentError } from 'commander'
import { readExamples, writeTrained } from '../../adapters/baseline/train-files.js'
import { fitsOf, trainBaseline } from '../../baseline/train.js'
import { type Session, type Verb } from '../command.js'
import { metricsTable } from '../render/metrics-table.js'
import { progress } from '../render/progress.js'

/** Most turns that one training learns from: minutes and some hundred megabytes, whatever the snapshot's size. */
const mostTurns = 20_000

const wholeNumber =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= least && value <= most) return value
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`)
  }

interface TrainFlags {
  readonly snapshot: string
  readonly output: string
  readonly folds: number
  readonly maxTurns: number
  readonly json?: true
}

async function train(flags: TrainFlags, session: Session): Promise<void> {
  const examples = await readExamples(flags.snapshot)
  const shown = progress(session, 'train', 'fits', fitsOf(examples.attributeSet, flags.folds))
  const trained = trainBaseline(examples, {
    folds: flags.folds,
    mostTurns: flags.maxTurns,
    fitted: () => shown.add(1),
  })
  const metrics = await writeTrained(flags.output, trained)
  shown.done()
  if (flags.json) {
    session.out(`${JSON.stringify(metrics)}\n`)
    return
  }
  session.out(`${metricsTable(metrics.metrics).join('\n')}\n\n`)
  session.out(
    `${metrics.turns} turns of ${metrics.trees} trees; figures on the assistant's turns of held-out trees, ${metrics.folds} folds.\n`,
  )
  session.out(
    `${metrics.about}\n${languageNote(metrics.languages)}\nmodel ${metrics.digest.slice(0, 12)} in ${flags.output}\n`,
  )
}

function languageNote(codes: readonly string[]): string {
  if (codes.length === 0) return 'No label names a language: none is predicted.'
  if (codes.length === 1) return `Every label says ${codes[0]!}: lang is always ${codes[0]!}.`
  return `Languages: ${codes.join(' ')}.`
}

/** The value model that runs anywhere: trained by a job of the pipeline, or by hand. */
export const baseline: Verb = (program, session) => {
  const group: Command = program
    .command('baseline')
    .summary('a small value model that runs anywhere: train it, serve it')
    .description(
      `A ridge regression on text features, learnt from human labels. It stands in for a real value model behind the real
contract. On quality it is about as good as the length of the answer alone.`,
    )
  group
    .command('train')
    .summary('train on a snapshot, measured on held-out trees')
    .description(
      `Reads train.jsonl of a snapshot folder (type TEXT_TO_VALUE), writes model.json and metrics.json, and prints the held-out
figures beside two controls. The same snapshot gives the same model file.`,
    )
    .requiredOption('--snapshot <dir>', 'snapshot folder, datasets/<name>/<digest>')
    .requiredOption('--output <dir>', 'folder for model.json and metrics.json; made when missing')
    .option('--folds <count>', 'parts for the held-out figures; 1: none are computed', wholeNumber(1, 20), 5)
    .option('--max-turns <count>', 'most turns that are learnt from, whole trees', wholeNumber(1, 1_000_000), mostTurns)
    .option('--json', 'the figures as one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  steerflow baseline train --snapshot .steerflow/datasets/value-model/3f1a… --output model
  steerflow baseline train --snapshot snap --output model --json | jq .metrics`,
    )
    .action((flags: TrainFlags) => train(flags, session))
}
