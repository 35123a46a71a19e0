import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { nemoAligner, nemoAlignerValue } from '../../src/trainers/nemo-aligner.js'
import { job } from '../support/training.js'

const paths = {
  root: '/data',
  snapshot: '/data/datasets/d/1',
  folder: "/data/jobs/it's",
  output: '/data/jobs/j/output',
}
const render = (settings: Record<string, unknown> = {}) => nemoAligner.render(job({ settings }), paths)
const config = (settings?: Record<string, unknown>) => render(settings).files['steerlm_model.yaml']!

describe('the SteerLM job of NeMo-Aligner', () => {
  it('is a configuration that inherits the trainer’s own and sets the tutorial’s values', () => {
    expect(config()).toBe(`defaults:
  - gpt_sft
  - _self_
model:
  data:
    train_ds:
      file_path: "/data/datasets/d/1/train.jsonl"
      index_mapping_dir: "/data/jobs/j/output/index"
      max_seq_length: 4096
      micro_batch_size: 2
      global_batch_size: 128
      add_eos: false
      hf_dataset: true
    validation_ds:
      file_path: "/data/datasets/d/1/validation.jsonl"
      index_mapping_dir: "/data/jobs/j/output/index"
      max_seq_length: 4096
      micro_batch_size: 2
      global_batch_size: 128
      add_eos: false
      hf_dataset: true
    chat: true
    num_workers: 0
    chat_prompt_tokens:
      system_turn_start: "\\u0000"
      turn_start: "\\u0011"
      label_start: "\\u0012"
  megatron_amp_O2: true
  restore_from_path: "/models/llama7b.nemo"
  tensor_model_parallel_size: 2
  pipeline_model_parallel_size: 1
  optim:
    lr: 0.000006
    name: "distributed_fused_adam"
    weight_decay: 0.01
    sched:
      constant_steps: 200
      warmup_steps: 1
      min_lr: 0.000005
  answer_only_loss: true
  activations_checkpoint_granularity: "selective"
  activations_checkpoint_method: "uniform"
exp_manager:
  explicit_log_dir: "/data/jobs/j/output/results"
  create_wandb_logger: false
  resume_if_exists: true
  resume_ignore_no_checkpoint: true
  create_checkpoint_callback: true
trainer:
  num_nodes: 1
  devices: 4
  precision: "bf16"
  sft:
    limit_val_batches: 40
    max_epochs: 1
    max_steps: 1000
    val_check_interval: 200
    save_interval: 200
`)
  })

  it('gives the prompt tokens as single characters', () => {
    const { model } = parse(config()) as { model: { data: { chat_prompt_tokens: Record<string, string> } } }
    const codes = Object.values(model.data.chat_prompt_tokens).map(token => [...token].map(c => c.codePointAt(0)))
    expect(codes).toEqual([[0], [17], [18]])
  })

  it('is run by a script whose words survive the shell', () => {
    const { files, steps, workdir } = render()
    const script = 'examples/nlp/gpt/train_gpt_sft.py'
    expect(steps).toEqual([['python', '-u', script, "--config-dir=/data/jobs/it's", '--config-name=steerlm_model']])
    expect(workdir).toBe('/opt/NeMo-Aligner')
    expect(files['run.sh']).toContain('\ncd "${NEMO_ALIGNER:-/opt/NeMo-Aligner}"\n')
    expect(files['run.sh']).toContain(
      `exec python -u examples/nlp/gpt/train_gpt_sft.py '--config-dir=/data/jobs/it'\\''s' --config-name=steerlm_model "$@"`,
    )
  })

  it('takes settings under their names in gpt_sft.yaml, typed', () => {
    const text = config({
      'model.optim.lr': 1,
      'trainer.sft.limit_val_batches': 0.5,
      'model.data.train_ds.index_mapping_dir': '/index',
      'exp_manager.explicit_log_dir': '/${x}',
      'model.data.chat_prompt_tokens.turn_start': '<extra_id_1>',
    })
    expect(text).toContain('lr: 1.0\n')
    expect(text).toContain('limit_val_batches: 0.5\n')
    expect(text).toContain(
      'train_ds:\n      file_path: "/data/datasets/d/1/train.jsonl"\n      index_mapping_dir: "/index"',
    )
    expect(text).toContain('explicit_log_dir: "/\\\\${x}"')
    expect(text).toContain('turn_start: "<extra_id_1>"')
  })

  it.each([
    ['sft_trainer.max_steps', 5],
    ['trainer.sft.max_stepz', 5],
    ['trainer.devices', 1.5],
    ['model.optim.lr', '6e-6'],
    ['model.data.train_ds.file_path', '/other'],
  ])('refuses %s: %j', (key, value) => {
    expect(() => render({ [key]: value })).toThrow(
      expect.objectContaining({ code: 'STEERFLOW_JOB_INVALID', message: expect.stringContaining(key) as string }),
    )
  })

  it('is only rendered: what it trains elsewhere cannot be followed', () => expect(nemoAligner.result).toBeNull())
})

describe('the value model job of NeMo-Aligner', () => {
  it('has its own configuration name and role', () => {
    const { files, steps } = nemoAlignerValue.render(job(), paths)
    expect(Object.keys(files)).toEqual(['value_model.yaml', 'run.sh'])
    expect(steps[0]?.at(-1)).toBe('--config-name=value_model')
    expect(nemoAlignerValue.role).toBe('value')
  })
})
