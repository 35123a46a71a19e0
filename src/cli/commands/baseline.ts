import { once } from 'node:events'
import { type Command, Option } from 'commander'
import { startBaselineServer } from '../../adapters/baseline/server.js'
import { readExamples, writeTrained } from '../../adapters/baseline/train-files.js'
import { Waits } from '../../runtime/waits.js'
import { fitsOf, trainBaseline } from '../../baseline/train.js'
import type { Session, Verb } from '../command.js'
import { outputName, type PromptTokenFlags, promptTokensOf, wholeNumber, withPromptTokens } from '../flags.js'
import { metricsTable } from '../render/metrics-table.js'
import { progress } from '../render/progress.js'
import { tellWaits } from '../render/waits.js'
import { interrupts } from '../run/interrupts.js'

/** Default limit on training turns: a training takes minutes and some hundred megabytes, however large the snapshot is. */
const mostTurns = 20_000

interface TrainFlags {
  readonly snapshot: string
  readonly output: string
  readonly folds: number
  readonly maxTurns: number
  readonly predicted?: true
  readonly json?: true
}

async function train(flags: TrainFlags, session: Session): Promise<void> {
  const waits = new Waits(tellWaits(session))
  const { snapshot, predicted } = flags
  const examples = await waits.load(`the snapshot ${snapshot}`, () => readExamples(snapshot, predicted))
  const shown = progress(session, 'train', 'fits', fitsOf(examples.attributeSet, flags.folds))
  const trained = trainBaseline(examples, {
    folds: flags.folds,
    mostTurns: flags.maxTurns,
    fitted: () => shown.add(1),
  })
  const metrics = await writeTrained(flags.output, trained)
  shown.done()
  if (flags.json) {
    await session.json(metrics)
    return
  }
  await session.out(`${metricsTable(metrics.metrics).join('\n')}\n\n`)
  await session.out(
    `${metrics.turns} turns of ${metrics.trees} trees; figures for assistant turns of held-out trees, ${metrics.folds} folds.\n`,
  )
  await session.out(
    `${metrics.about}\n${languageNote(metrics.languages)}\nmodel ${metrics.digest.slice(0, 12)} in ${flags.output}\n`,
  )
}

function languageNote(codes: readonly string[]): string {
  if (codes.length === 0) return 'No label names a language, so none is predicted.'
  if (codes.length === 1) return `Every label has ${codes[0]!}, so lang is always ${codes[0]!}.`
  return `Languages: ${codes.join(' ')}.`
}

interface ServeFlags extends PromptTokenFlags {
  readonly model: string
  readonly host: string
  readonly port?: number
  readonly token?: string
}

async function serve(flags: ServeFlags, session: Session): Promise<void> {
  const interrupted = interrupts()
  const server = await new Waits(tellWaits(session)).load(`the value model ${flags.model}`, () =>
    startBaselineServer({
      modelPath: flags.model,
      host: flags.host,
      tokens: promptTokensOf(flags),
      ...(flags.port !== undefined && { port: flags.port }),
      ...(flags.token !== undefined && { token: flags.token }),
    }),
  )
  server.ref()
  await session.out(`${server.url}\n`)
  session.err(`model ${server.model.slice(0, 12)}; PUT ${server.url}/generate, end with Ctrl-C\n`)
  if (!interrupted.signal.aborted) await once(interrupted.signal, 'abort')
  await server.close()
  interrupted.release()
}

/** The small value model that needs no GPU: trained by a job of the pipeline, or by hand. */
export const baseline: Verb = (program, session) => {
  const group: Command = program
    .command('baseline')
    .summary('Train and serve a small value model that needs no GPU.')
    .description(
      `A ridge regression on text features, trained on human labels. It stands in for a real value model and serves the same
API. For quality it is about as good as the answer's length alone.`,
    )
  group
    .command('train')
    .summary('Train on a snapshot and measure on held-out trees.')
    .description(
      `Reads train.jsonl of a snapshot folder (type TEXT_TO_VALUE), writes model.json and metrics.json, and prints the held-out
figures next to two controls. The same snapshot gives the same model file.`,
    )
    .requiredOption('--snapshot <dir>', 'snapshot folder: datasets/<name>/<digest>')
    .requiredOption('--output <dir>', 'folder for model.json and metrics.json; created if missing', outputName)
    .option('--folds <count>', 'folds for the held-out figures; 1: no figures', wholeNumber(1), 5)
    .option('--max-turns <count>', 'limit on training turns; trees are kept whole', wholeNumber(1), mostTurns)
    .option('--predicted', 'also train on labels that a model predicted (type VALUE_TO_TEXT)')
    .option('--json', 'print the figures as one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  steerflow baseline train --snapshot .steerflow/datasets/value-model/3f1a… --output model
  steerflow baseline train --snapshot snap --output model --json | jq .metrics`,
    )
    .action((flags: TrainFlags) => train(flags, session))
  const serving = group
    .command('serve')
    .summary('Serve a trained model through NeMo’s PUT /generate.')
    .description(
      `Prints the URL and serves until SIGINT or SIGTERM. The default port is 1424, as in the original, or the next free one.
Listens on this machine only; any other --host needs a token, which clients send as Authorization: Bearer.
Sampling options of a request are ignored; all_probs and compute_logprob are rejected.`,
    )
    .requiredOption('--model <file>', 'model.json that baseline train wrote')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <number>', 'port to listen on; 0: any free port', wholeNumber(0, 65_535))
    .addOption(new Option('--token <secret>', 'bearer token that requests must send').env('STEERFLOW_BASELINE_TOKEN'))
  withPromptTokens(serving)
    .addHelpText(
      'after',
      `
Examples:
  steerflow baseline serve --model model/model.json
  STEERFLOW_BASELINE_TOKEN=… steerflow baseline serve --model model/model.json --host 0.0.0.0 --port 1424`,
    )
    .action((flags: ServeFlags) => serve(flags, session))
}
