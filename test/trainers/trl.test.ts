import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { controlTokens, extraIdTokens } from '../../src/domain/prompt-tokens.js'
import { trl, trlValue } from '../../src/trainers/trl.js'
import { job, snapshot } from '../support/training.js'

const folder = "/data/jobs/it's"
const paths = { root: '/data', snapshot: `/data/${snapshot.path}`, folder, output: `${folder}/output` }
const model = { model_name_or_path: '/models/base' }
const render = (settings: Record<string, unknown> = {}) =>
  trl.render(job({ settings: { ...model, ...settings } }), paths)

describe('the job of TRL', () => {
  it('makes rows of token ids and labels, and then learns from them', () => {
    expect(render({ max_length: 256 }).steps).toEqual([
      [
        ...[
          'steerflow',
          'datasets',
          'export',
          'value-model',
          '--format',
          'tokens',
          '--output',
          `${folder}/output/rows`,
        ],
        ...['--snapshot', snapshot.digest, '--max-tokens', '256', '--data-dir', '/data'],
        ...['--set', 'promptTokens=extra-id'],
      ],
      ['trl', 'sft', '--config', `${folder}/trl.yaml`],
    ])
    expect(render({ tokenizer: '/m odel', promptTokens: 'control' }).steps[0]!.slice(-4)).toEqual([
      ...['--set', 'promptTokens=control', '--set', 'clean.tokenizer="/m odel"'],
    ])
  })

  it('has a configuration of TRL’s own keys', () => {
    const text = render({ max_length: 256, learning_rate: 1, report_to: '${x}\u0085' }).files['trl.yaml']!
    expect(text).toMatch(/^model_name_or_path: "\/models\/base"\nmax_steps: 1000\n/)
    expect(text).toContain('\nlearning_rate: 1.0\n')
    expect(text).toContain('\nreport_to: "${x}\\u0085"\n')
    expect(parse(text)).toMatchObject({
      dataset_name: `${folder}/output/rows`,
      dataset_test_split: 'validation',
      output_dir: `${folder}/output/model`,
      max_length: 256,
      eval_strategy: 'no',
      per_device_train_batch_size: 2,
      gradient_accumulation_steps: 64,
      weight_decay: 0.01,
    })
    expect(text).not.toContain('promptTokens')
  })

  it('has a script that does the same by hand', () => {
    const script = render().files['run.sh']!
    expect(script).toContain(`export HF_DATASETS_CACHE='/data/jobs/it'\\''s/output/cache'\n`)
    expect(script).toMatch(/\nsteerflow datasets export .*\nexec trl sft --config '.*trl\.yaml' "\$@"\n$/)
  })

  it('asks no hub for a checkpoint that is a folder', () => {
    expect(render().env).toMatchObject({ HF_HUB_OFFLINE: '1' })
    expect(render({ model_name_or_path: 'org/base' }).env).not.toHaveProperty('HF_HUB_OFFLINE')
  })

  it.each([
    ['max_stepz', 5],
    ['dataset_name', '/other'],
    ['output_dir', '/other'],
    ['learning_rate', '6e-6'],
    ['per_device_train_batch_size', 1.5],
    ['model_name_or_path', ''],
  ])('refuses %s: %j', (key, value) => {
    expect(() => render({ [key]: value })).toThrow(
      expect.objectContaining({ code: 'STEERFLOW_JOB_INVALID', message: expect.stringContaining(key) as string }),
    )
  })

  it('refuses to train on nothing', () => {
    expect(() => trl.render(job(), paths)).toThrow('model_name_or_path')
  })

  it('says its tokens, its length and its result', () => {
    expect(trl.promptTokens(model)).toEqual(extraIdTokens)
    expect(trl.promptTokens({ ...model, promptTokens: 'control' })).toEqual(controlTokens)
    expect(trl.maxLength({ ...model, max_length: 512 })).toBe(512)
    expect(trl.result).toMatchObject({ kind: 'hf-checkpoint', model: 'model', metrics: null })
  })

  it('is one for each role', () => {
    expect([trl.role, trlValue.role]).toEqual(['steerlm', 'value'])
    expect(trlValue.render(job({ settings: model }), paths).files).toEqual(render().files)
  })
})
