import { describe, expect, it } from 'vitest'
import { Config } from '../../../src/cli/config.js'
import { lintDatasets, lintJobs, lintScript } from '../../../src/cli/training/lint.js'
import { rules } from '../../../src/trainers/lint/lint.js'
import { job } from '../../support/training.js'
import { steerModel, tutorial, valueModel } from './tutorial.js'

const config = Config.parse({})
const found = (script: string) => lintScript(script, config).findings
const ids = (script: string): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {}
  for (const { rule } of found(script)) counts[rule] = (counts[rule] ?? 0) + 1
  return counts
}
const train = (...overrides: readonly string[]) => `python train_gpt_sft.py ${overrides.join(' ')}`
const tokenKey = 'model.data.chat_prompt_tokens'
/** Overrides with the tokens that the pipeline uses, so that only what a case is about is found. */
const alike = ['system_turn_start', 'turn_start', 'label_start'].map(
  (key, index) => `${tokenKey}.${key}=\\'\\<extra_id_${index}\\>\\'`,
)

describe('the tutorial', () => {
  it('has these faults', () => {
    const { jobs } = lintScript(tutorial, config)
    expect(jobs).toEqual(['command 4 (train_gpt_sft)', 'command 9 (train_gpt_sft)'])
    expect(ids(tutorial)).toEqual({
      'sft-trainer': 10,
      'lost-backslash': 6,
      'prompt-tokens': 2,
      'validation-length': 2,
      'files-never-meet': 2,
      'script-path': 2,
      'wandb-project': 2,
      'uniform-selective': 2,
    })
  })

  it('has a second job whose files no command makes; the first job’s are made', () => {
    const files = found(tutorial).filter(({ rule }) => rule === 'files-never-meet')
    expect(files.map(({ subject, text }) => [subject, text])).toEqual(
      ['train', 'validation'].map(part => [
        'command 9 (train_gpt_sft)',
        `model.data.${part}_ds.file_path is data/subset_data_v2t_${part.slice(0, part === 'train' ? 5 : 3)}_value_output_clean.jsonl, which no command here makes`,
      ]),
    )
    expect(files[0]!.next).toContain('data/subset_data_output_train_value_output_clean.jsonl')
  })

  it.each([
    ['value', valueModel],
    ['SteerLM', steerModel],
  ])('in its %s command alone: of files nothing can be said', (_, command) => {
    expect(ids(command)).toEqual({
      'sft-trainer': 5,
      'lost-backslash': 3,
      'prompt-tokens': 1,
      'validation-length': 1,
      'wandb-project': 1,
      'uniform-selective': 1,
    })
  })

  it('is told what to do about each', () => {
    const texts = found(valueModel).map(({ text, next }) => `${text} → ${next}`)
    expect(texts[0]).toMatch(
      /^sft_trainer\.limit_val_batches is refused .* → write trainer\.sft\.limit_val_batches=40$/,
    )
    expect(texts.find(text => text.includes('removes the backslash'))).toMatch(
      /the program gets x00 → no command line can hold a NUL: set .*system_turn_start: "\\u0000" in a YAML file/,
    )
    expect(texts.find(text => text.includes('4906'))).toMatch(/a slip → set .* to 4096$/)
    expect(found(valueModel).find(({ rule }) => rule === 'prompt-tokens')!.text).toBe(
      'it trains with x00 x11 x12; steerflow.yaml has conversations cleaned, annotated and asked with <extra_id_0> <extra_id_1> <extra_id_2>',
    )
  })
})

describe('a command', () => {
  it.each([
    ['sft-trainer', ['+sft_trainer.max_steps=5']],
    ['unknown-key', ['trainer.sft.max_stepz=5']],
    ['lost-backslash', [`model.restore_from_path=C:\\models`]],
    ['token-escape', [`'${tokenKey}.turn_start=\\x11'`]],
    ['token-escape', [`'${tokenKey}.turn_start="\\\\x11"'`]],
    ['control-character', [`${tokenKey}.system_turn_start=$'\\x00'`]],
    ['hydra-quotes', [`${tokenKey}.turn_start=$'\\x11'`]],
    ['hydra-quotes', [`'${tokenKey}.turn_start=<extra_id_1>'`]],
    ['hydra-quotes', ['model.restore_from_path=/a,b']],
    ['validation-length', ['model.data.train_ds.max_seq_length=4096', 'model.data.validation_ds.max_seq_length=512']],
    ['wandb-project', ['exp_manager.create_wandb_logger=true']],
    ['parallel-devices', ['trainer.devices=1', 'model.tensor_model_parallel_size=2']],
    [
      'batch-division',
      ['trainer.devices=4', 'model.data.train_ds.micro_batch_size=3', 'model.data.train_ds.global_batch_size=128'],
    ],
  ])('breaks the rule %s: %j', (rule, overrides) => expect(Object.keys(ids(train(...overrides)))).toContain(rule))

  it('of a server can ask for more ranks than devices', () => {
    expect(ids('python megatron_gpt_eval.py trainer.devices=1 tensor_model_parallel_size=2')).toEqual({
      'parallel-devices': 1,
    })
  })

  it.each([
    ['tokens as the later edition spells them', []],
    ['a logger with a project', ['exp_manager.create_wandb_logger=True', 'exp_manager.wandb_logger_kwargs.project=p']],
    [
      'batches that fill',
      [
        'trainer.devices=4',
        'model.tensor_model_parallel_size=2',
        'model.data.train_ds.micro_batch_size=2',
        'model.data.train_ds.global_batch_size=128',
      ],
    ],
    ['quoted values', [`"model.restore_from_path='/a,b'"`]],
  ])('is fine with %s', (_, overrides) => expect(found(train(...alike, ...overrides))).toEqual([]))
})

describe('the jobs of a workspace', () => {
  const dataset = (trainer: string, settings: object = {}) =>
    Config.parse({ datasets: { 'value-model': { trainer: 'none' }, steerlm: { trainer, settings } } })

  it('as they are configured at first: other tokens in training are said, and the checkpoint method', () => {
    const { jobs, findings } = lintDatasets(config)
    expect(jobs).toEqual(['dataset value-model (baseline)', 'dataset steerlm (nemo-aligner)'])
    expect(findings.map(({ rule, severity }) => `${severity} ${rule}`)).toEqual([
      'warning prompt-tokens',
      'note uniform-selective',
    ])
  })

  it('of a value model with other tokens are wrong: it would be asked with tokens that it has never seen', () => {
    expect(lintDatasets(dataset('nemo-aligner-value')).findings[0]).toMatchObject({
      rule: 'prompt-tokens',
      severity: 'error',
    })
  })

  it('say what is refused', () => {
    const { findings } = lintDatasets(dataset('nemo-aligner', { 'sft_trainer.max_steps': 5 }))
    expect(findings).toMatchObject([{ rule: 'refused-setting', severity: 'error' }])
    expect(findings[0]!.text).toContain('sft_trainer.max_steps')
    expect(lintDatasets(dataset('axolotl')).findings[0]!.text).toContain('no trainer is called axolotl')
  })

  it('read fewer tokens than clean counted on', () => {
    const rule = lintDatasets(dataset('nemo-aligner', { 'model.data.train_ds.max_seq_length': 2048 })).findings.find(
      finding => finding.rule === 'shorter-than-clean',
    )
    expect(rule?.text).toContain('it reads 2048 tokens of a conversation')
  })

  it('are looked at as they were asked for', () => {
    const asked = job({ trainer: 'nemo-aligner', settings: { 'trainer.devices': 3 } })
    const { jobs, findings } = lintJobs([asked], Config.parse({ promptTokens: 'control' }))
    expect(jobs).toEqual([asked.job])
    expect(findings.map(({ rule }) => rule)).toEqual(['parallel-devices', 'uniform-selective'])
  })
})

it('every rule has an id of its own and a sentence', () => {
  expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length)
  for (const { title } of rules) expect(title.length).toBeGreaterThan(20)
})
