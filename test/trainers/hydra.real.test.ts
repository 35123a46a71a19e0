import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { beforeAll, expect, it } from 'vitest'
import { shellCommands } from '../../src/trainers/lint/shell-words.js'
import { hydraValue, needsHydraQuotes } from '../../src/trainers/lint/hydra-value.js'
import { yamlFloat, yamlString, yamlText } from '../../src/trainers/literals.js'
import { nemoAligner, nemoAlignerValue } from '../../src/trainers/nemo-aligner.js'
import type { Trainer } from '../../src/trainers/trainer.js'
import { compose, readWith } from '../support/hydra/hydra.js'
import { describeWith } from '../support/parts/describe-with.js'
import { temporaryFolder } from '../support/temporary.js'
import { job } from '../support/training.js'
import { bitten } from './bitten.js'
import { valueModel } from './lint/tutorial.js'

const describe = await describeWith('python-hydra')

/** Renders a job into a folder and composes it with the arguments that its step has. */
async function composed(trainer: Trainer, settings: Record<string, unknown> = {}, ...more: readonly string[]) {
  const folder = join(await temporaryFolder(), "it's")
  await mkdir(folder)
  const paths = { root: '/data', snapshot: '/data/datasets/d/${1}', folder, output: '/out' }
  const { files, steps } = trainer.render(job({ settings }), paths)
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  const [[, , , ...args]] = steps as [[string, string, string, ...string[]]]
  return compose(folder, ...args, ...more)
}

/** The leaves of a composed configuration. Throws an Error with hydra's words when there is none. */
function leavesOf(result: ReturnType<typeof compose>): Readonly<Record<string, readonly [string, unknown]>> {
  if ('error' in result) throw new Error(result.error)
  return result.leaves
}

const expected: Readonly<Record<string, readonly [string, unknown]>> = {
  'trainer.num_nodes': ['int', 1],
  'trainer.devices': ['int', 4],
  'trainer.precision': ['str', 'bf16'],
  'trainer.max_steps': ['int', 1000],
  'trainer.max_epochs': ['int', 1],
  'trainer.sft.limit_val_batches': ['int', 40],
  'trainer.sft.max_epochs': ['int', 1],
  'trainer.sft.max_steps': ['int', 1000],
  'trainer.sft.val_check_interval': ['int', 200],
  'trainer.sft.save_interval': ['int', 200],
  'model.megatron_amp_O2': ['bool', true],
  'model.restore_from_path': ['str', '/models/llama7b.nemo'],
  'model.tensor_model_parallel_size': ['int', 2],
  'model.pipeline_model_parallel_size': ['int', 1],
  'model.optim.lr': ['float', 6e-6],
  'model.optim.name': ['str', 'distributed_fused_adam'],
  'model.optim.weight_decay': ['float', 0.01],
  'model.optim.sched.constant_steps': ['int', 200],
  'model.optim.sched.warmup_steps': ['int', 1],
  'model.optim.sched.min_lr': ['float', 5e-6],
  'model.answer_only_loss': ['bool', true],
  'model.activations_checkpoint_granularity': ['str', 'selective'],
  'model.activations_checkpoint_method': ['str', 'uniform'],
  'model.data.chat': ['bool', true],
  'model.data.num_workers': ['int', 0],
  'model.data.train_ds.file_path': ['str', '/data/datasets/d/${1}/train.jsonl'],
  'model.data.train_ds.index_mapping_dir': ['str', '/out/index'],
  'model.data.train_ds.max_seq_length': ['int', 4096],
  'model.data.train_ds.micro_batch_size': ['int', 2],
  'model.data.train_ds.global_batch_size': ['int', 128],
  'model.data.train_ds.add_eos': ['bool', false],
  'model.data.train_ds.hf_dataset': ['bool', true],
  'model.data.validation_ds.file_path': ['str', '/data/datasets/d/${1}/validation.jsonl'],
  'model.data.validation_ds.index_mapping_dir': ['str', '/out/index'],
  'model.data.validation_ds.max_seq_length': ['int', 4096],
  'model.data.validation_ds.micro_batch_size': ['int', 2],
  'model.data.validation_ds.global_batch_size': ['int', 128],
  'model.data.validation_ds.add_eos': ['bool', false],
  'model.data.validation_ds.hf_dataset': ['bool', true],
  'exp_manager.create_wandb_logger': ['bool', false],
  'exp_manager.explicit_log_dir': ['str', '/out/results'],
  'exp_manager.resume_if_exists': ['bool', true],
  'exp_manager.resume_ignore_no_checkpoint': ['bool', true],
  'exp_manager.create_checkpoint_callback': ['bool', true],
}

const tokenKeys = ['system_turn_start', 'turn_start', 'label_start'].map(key => `model.data.chat_prompt_tokens.${key}`)

describe('jobs of NeMo-Aligner, composed by the real hydra', () => {
  it.each([
    ['SteerLM', nemoAligner],
    ['value', nemoAlignerValue],
  ])('the %s model’s has the tutorial’s values, and its tokens as the characters 0, 17, 18', async (_, trainer) => {
    const leaves = leavesOf(await composed(trainer))
    const tokens = tokenKeys.map(key => leaves[key]![1] as string)
    expect(tokens.map(token => [...token].map(character => character.codePointAt(0)))).toEqual([[0], [17], [18]])
    const own = { name: ['str', 'own'] } as const
    const inherited = {
      ...own,
      'model.data.chat_prompt_tokens.end_of_turn': ['str', '\n'],
      'model.data.chat_prompt_tokens.end_of_name': ['str', '\n'],
      'exp_manager.wandb_logger_kwargs.project': ['NoneType', null],
      'exp_manager.wandb_logger_kwargs.name': ['NoneType', null],
    }
    const rest = Object.entries(leaves).filter(([key]) => !tokenKeys.includes(key))
    expect(Object.fromEntries(rest)).toEqual({ ...expected, ...inherited })
  })

  it('settings arrive as they were given, with their types', async () => {
    const nasty = 'a\0\x11"\'\\${b}\u007f\u0085\u2028\ufeff😀'
    const leaves = leavesOf(
      await composed(nemoAligner, {
        'trainer.sft.limit_val_batches': 0.5,
        'model.optim.lr': 1,
        'model.optim.sched.min_lr': 1e-7,
        'model.restore_from_path': nasty,
        'model.data.chat_prompt_tokens.turn_start': '<extra_id_1>',
        'trainer.precision': '16',
      }),
    )
    expect(leaves['trainer.sft.limit_val_batches']).toEqual(['float', 0.5])
    expect(leaves['model.optim.lr']).toEqual(['float', 1])
    expect(leaves['model.optim.sched.min_lr']).toEqual(['float', 1e-7])
    expect(leaves['model.restore_from_path']).toEqual(['str', nasty])
    expect(leaves['model.data.chat_prompt_tokens.turn_start']).toEqual(['str', '<extra_id_1>'])
    expect(leaves['trainer.precision']).toEqual(['str', '16'])
  })

  it('hydra refuses an unknown key on its command line, and takes it in a file: so we refuse it', async () => {
    const result = await composed(nemoAligner, {}, 'sft_trainer.max_steps=5')
    expect(result).toEqual({ error: expect.stringContaining("Key 'sft_trainer' is not in struct") as string })
    const folder = await temporaryFolder()
    await writeFile(
      join(folder, 'j.yaml'),
      'defaults: [gpt_sft, _self_]\nmodel: {restore_from_path: x, data: {train_ds: {file_path: x}, validation_ds: {file_path: x}}}\nsft_trainer: {max_steps: 5}\n',
    )
    expect(leavesOf(compose(folder, `--config-dir=${folder}`, '--config-name=j'))['sft_trainer.max_steps']).toEqual([
      'int',
      5,
    ])
    expect(() =>
      nemoAligner.render(job({ settings: { 'sft_trainer.max_steps': 5 } }), {
        root: '/',
        snapshot: '/s',
        folder,
        output: '/o',
      }),
    ).toThrow('sft_trainer.max_steps')
  })

  it('every key of a job is one of the trainer’s configuration', async () => {
    const own = Object.keys(leavesOf(await composed(nemoAligner)))
    const there = Object.keys(
      leavesOf(
        compose(
          '.',
          'model.restore_from_path=x',
          'model.data.train_ds.file_path=x',
          'model.data.validation_ds.file_path=x',
        ),
      ),
    )
    expect(own.sort()).toEqual(there.sort())
  })

  it('the printed command gives other tokens than it means, and stops at the first sft_trainer key', () => {
    const words = shellCommands(valueModel)[0]!
      .slice(2)
      .map(({ text }) => text)
    expect(compose('.', ...words)).toEqual({
      error: expect.stringContaining("Could not override 'sft_trainer.limit_val_batches'") as string,
    })
    const leaves = leavesOf(compose('.', ...words.map(word => word.replace('sft_trainer.', 'trainer.sft.'))))
    expect(tokenKeys.map(key => leaves[key])).toEqual(['x00', 'x11', 'x12'].map(text => ['str', text]))
    expect(leaves['model.data.validation_ds.max_seq_length']).toEqual(['int', 4906])
  })
})

const pieces = [...bitten, '- ', '? ', '%', '&', '*', '!', '|', '>', '~', 'null', 'true', '1e3', '010']
const nasty = fc
  .array(
    fc.oneof(
      fc.constantFrom(...pieces),
      fc.string({ unit: 'binary', maxLength: 3 }).map(text => text.toWellFormed()),
    ),
    { maxLength: 8 },
  )
  .map(parts => parts.join(''))

describe('what is written is what the real readers read', () => {
  const points = (texts: readonly string[]) =>
    texts.map(text => Array.from(text, character => character.codePointAt(0)))

  it('20,000 strings, by OmegaConf and by PyYAML', async () => {
    const texts = fc.sample(nasty, 20_000)
    expect(texts.filter(text => text.includes('\0')).length).toBeGreaterThan(500)
    const folder = await temporaryFolder()
    const [omegaconf, yaml] = [join(folder, 'omegaconf.yaml'), join(folder, 'plain.yaml')]
    await writeFile(omegaconf, texts.map((text, index) => `k${index}: ${yamlString(text)}\n`).join(''))
    await writeFile(yaml, texts.map((text, index) => `k${index}: ${yamlText(text)}\n`).join(''))
    const read = readWith({ omegaconf, yaml }) as { omegaconf: number[][]; yaml: number[][] }
    expect(read.yaml).toEqual(points(texts))
    expect(read.omegaconf).toEqual(points(texts))
  })

  it('what is not written so is read as something else', async () => {
    const folder = await temporaryFolder()
    const file = join(folder, 'plain.yaml')
    await writeFile(file, `a: '\\x00'\nb: ${JSON.stringify('😀').replace('😀', '\\ud83d\\ude00')}\n`)
    const { yaml } = readWith({ yaml: file }) as { yaml: number[][] }
    expect(yaml[0]).toHaveLength(4)
    expect(yaml[1]).toHaveLength(2)
    await writeFile(file, `a: ${JSON.stringify('\x7f')}\n`)
    expect(() => readWith({ yaml: file })).toThrow('ReaderError')
  })

  it('floats are floats of that value', async () => {
    const values = fc.sample(fc.double({ noNaN: true, noDefaultInfinity: true }), 500)
    const texts = values.map((value, index) => `model.k${index}=${yamlFloat(value)}`)
    const { overrides } = readWith({ overrides: texts }) as { overrides: [number, string | null][] }
    expect(overrides.map(([value]) => (Object.is(value, -0) ? 0 : value))).toEqual(
      values.map(value => (value === 0 ? 0 : value)),
    )
  })
})

const overrides = [
  'x00',
  '1',
  '-1',
  '0',
  '007',
  '1.0',
  '6e-6',
  '5e-6',
  '.5',
  '1.',
  '1e3',
  'true',
  'True',
  'FALSE',
  'null',
  'bf16',
  '/models/a.nemo',
  "'a b'",
  '"a"',
  "'\\x11'",
  '"\\\\x11"',
  "'it\\'s'",
  '\\x11',
  "'<extra_id_1>'",
  'a b',
  'data/x_y-1.jsonl',
  '<extra_id_1>',
  'a,b',
  'a=b',
  'a{b',
  'a(b',
  'a#b',
  'a~b',
  'ä',
  '\x11',
]

describe('what jobs lint takes the value of an override for is what hydra takes it for', () => {
  let read: readonly [unknown, string | null][]
  beforeAll(() => {
    read = (readWith({ overrides: overrides.map(text => `key=${text}`) }) as { overrides: typeof read }).overrides
  })

  it.each(overrides.map((text, index) => [text, index] as const))('%j', (text, index) => {
    const [value, error] = read[index]!
    if (needsHydraQuotes(text)) expect(error).not.toBeNull()
    else expect([hydraValue(text), null]).toEqual([value, error])
  })
})
