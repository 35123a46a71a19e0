import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { attributeSets } from '../../src/domain/attributes.js'
import { runCommand } from '../../scripts/parts/commands.js'
import { llama } from '../../scripts/parts/llama.js'
import { scriptArguments, wrongArguments } from '../../scripts/script-arguments.js'
import { models, realTokenizer } from '../support/tokenizers.js'
import { serve, trainedBy } from './checkpoint.js'
import { trainEnvironment } from './environment.js'
import { labelLines, usualOf } from './label-lines.js'
import { Report } from './report.js'
import { sameIds, validationOf } from './rows.js'
import { Workspace } from './workspace.js'

const roles = ['steer', 'value']
const help = `Usage: npm run test:train -- [steer] [value]

A real training job of each role, or of those that are named, from a trigger to a served model. STEERFLOW_TRAIN_MINUTES is
the longest that it may take (25).

Exit code: 0 when all went through, 1 when something did not, 2 for a wrong command line.
`
const wanted = scriptArguments(help, { allowPositionals: true }).positionals
const strange = wanted.filter(name => !roles.includes(name))
if (strange.length > 0) wrongArguments(`there is no role ${strange.join(', ')}`, help)
const minutes = Number(process.env.STEERFLOW_TRAIN_MINUTES ?? 25)
const sources = [join(process.cwd(), 'examples/data/oasst1_en_val.trees.jsonl')]
const tokens = 256

/** What `ask --json` prints. */
const Reply = z.looseObject({ answer: z.string(), finish: z.string().nullable() })

const report = new Report()
const say = (line: string): void => report.say(line)
const cleanUp: (() => Promise<void>)[] = []
const seconds = (since: number): string => ((Date.now() - since) / 1000).toFixed(0)

/** TRL's settings for a model of four million weights on a processor. */
const small = (base: string, steps: number): object => ({
  model_name_or_path: base,
  max_length: tokens,
  max_steps: steps,
  per_device_train_batch_size: 4,
  gradient_accumulation_steps: 1,
  learning_rate: 3e-3,
  lr_scheduler_type: 'cosine',
  warmup_steps: 5,
  weight_decay: 0,
  logging_steps: 10,
  save_steps: steps,
  gradient_checkpointing: false,
  bf16: false,
  dtype: 'float32',
  use_cpu: true,
})

/** Half of the trees are held out: few prompts are as short as the rows that are learnt from. */
const pipeline = {
  preprocess: { ratio: 0.5 },
  clean: { seqLen: tokens },
}

async function main(): Promise<void> {
  const environment = await trainEnvironment(say)
  report.figure(
    'seconds to install',
    environment.installed === null ? 'installed before' : environment.installed.toFixed(0),
  )
  if (!llama.installed()) await llama.install()
  const until = Date.now() + minutes * 60_000
  const folder = await mkdtemp(join(tmpdir(), 'steerflow-train-'))
  cleanUp.push(() => rm(folder, { recursive: true, force: true }))
  const base = join(folder, 'base')
  say(
    `a model of random weights: ${(await runCommand(environment.python, ['test/train/make_model.py', base, models.v1, '10'])).trim().split('\n').at(-1)}`,
  )
  const tokenizer = await realTokenizer('v1')

  const workspaceOf = async (name: string, datasets: object): Promise<Workspace> => {
    const place = await mkdtemp(join(folder, `${name}-`))
    const workspace = await Workspace.make(place, { ...pipeline, datasets }, { environment, until, say })
    cleanUp.push(() => workspace.stop())
    return workspace
  }

  const steer = async (): Promise<void> => {
    say('SteerLM model: bundled conversations, annotated by the baseline, and TRL')
    const workspace = await workspaceOf('steer', {
      'value-model': { trainer: 'baseline', launcher: 'exec' },
      steerlm: { trainer: 'trl', launcher: 'exec', settings: small(base, 40) },
    })
    const started = Date.now()
    await workspace.run(sources)
    report.figure('trl: seconds from ingest to a registered model', seconds(started))
    const trained = await trainedBy('trl', base, workspace, report)
    const server = await serve(trained, environment)
    cleanUp.push(() => server.stop())
    await sameIds(trained, { root: workspace.root, server, tokenizer, report })
    const asked = ['Can I compile python code to make it faster?', '--set', 'quality=4', '--max-tokens', '24']
    const servers = ['--endpoint', server.url, '--protocol', 'openai-completions']
    const reply = Reply.parse(JSON.parse(await workspace.steerflow('ask', ...asked, ...servers, '--json')))
    const generated = await server.metric('tokens_predicted_total')
    report.expect(
      'trl: steerflow ask is answered by the trained model',
      reply.finish !== null && generated > 0,
      `${generated} tokens, ended by ${reply.finish}: ${JSON.stringify(reply.answer)}`,
    )
  }

  const value = async (): Promise<void> => {
    say('value model: bundled conversations with the labels of people, and TRL')
    const workspace = await workspaceOf('value', {
      'value-model': { trainer: 'trl-value', launcher: 'exec', settings: small(base, 150) },
      steerlm: { trainer: 'none' },
    })
    const started = Date.now()
    await workspace.run(sources, 'preprocess', 'clean-labelled', 'seal-labelled', 'trigger', 'launch')
    report.figure('trl-value: seconds from ingest to a registered model', seconds(started))
    const trained = await trainedBy('trl-value', base, workspace, report)
    const server = await serve(trained, environment)
    cleanUp.push(() => server.stop())
    await sameIds(trained, { root: workspace.root, server, tokenizer, report })
    const records = await validationOf(workspace.root, trained)
    const set = usualOf(attributeSets['oasst-12-lang@1'], records)
    const lines = await labelLines(server, { records, tokenizer, set, maxTokens: tokens - 66 })
    report.figure('trl-value: a well-formed line has the keys', set.attributes.map(({ key }) => key).join(' '))
    const share = lines.wellFormed / lines.asked
    report.expect(
      'trl-value: label lines that are well formed',
      lines.asked >= 20 && share >= 0.9,
      `${lines.wellFormed} of ${lines.asked}, ${lines.distinct} distinct, such as ${lines.example}`,
    )
  }

  if (wanted.length === 0 || wanted.includes('steer')) await steer()
  if (wanted.length === 0 || wanted.includes('value')) await value()
}

/** Ends what was started and removes the folders; once. */
async function clean(): Promise<void> {
  for (const one of cleanUp.splice(0).reverse()) await one()
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    say(`${signal}: ending what was started`)
    void clean().finally(() => process.exit(1))
  })
}

try {
  await main()
} catch (error) {
  report.expect('it goes through', false, error instanceof Error ? error.message : String(error))
} finally {
  await clean()
}
process.exitCode = report.end()
