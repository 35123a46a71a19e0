import { z } from 'zod'
import { controlTokens, extraIdTokens } from '../domain/prompt-tokens.js'
import { yamlFloat, yamlText } from './literals.js'
import { runScript } from './run-script.js'
import { type JobPaths, type Trainer, trainer, type TrainerResult } from './trainer.js'

const count = z.int().positive()

/** Settings that are not TRL's: how rows are made. */
const Rows = z.strictObject({
  promptTokens: z.enum(['extra-id', 'control']).default('extra-id').describe('as promptTokens in steerflow.yaml'),
  tokenizer: z.string().default('').describe('tokenizer.json or SentencePiece .model file; empty: that of clean'),
  max_length: count.default(4096).describe('tokens of a row'),
})

/**
 * The keys of TRL's configuration that a job may set, by TRL's names, with the tutorial's values if it has any. The command
 * line of TRL ignores unknown keys, so the list is closed here.
 */
const Sft = z.strictObject({
  model_name_or_path: z.string().min(1).describe('folder or name of the checkpoint to start from'),
  max_steps: z.int().default(1000),
  num_train_epochs: z.number().positive().default(1),
  per_device_train_batch_size: count.default(2),
  gradient_accumulation_steps: count.default(64),
  learning_rate: z.number().positive().default(6e-6),
  lr_scheduler_type: z.string().default('constant_with_warmup'),
  warmup_steps: z.int().nonnegative().default(1),
  weight_decay: z.number().nonnegative().default(0.01),
  max_grad_norm: z.number().positive().default(1),
  logging_steps: count.default(10),
  logging_first_step: z.boolean().default(true),
  save_strategy: z.enum(['no', 'steps', 'epoch']).default('steps'),
  save_steps: count.default(200),
  eval_strategy: z.enum(['no', 'steps', 'epoch']).default('no'),
  eval_steps: count.default(200),
  per_device_eval_batch_size: count.default(2),
  gradient_checkpointing: z.boolean().default(true),
  bf16: z.boolean().default(true),
  dtype: z.enum(['auto', 'bfloat16', 'float16', 'float32']).default('auto'),
  use_cpu: z.boolean().default(false),
  seed: z.int().nonnegative().default(10),
  report_to: z.string().default('none').describe('trackers; their keys come from the environment'),
})
type Sft = z.output<typeof Sft>

/** Keys that are floats to TRL, and so are never written as whole numbers. */
const floats: readonly string[] = ['num_train_epochs', 'learning_rate', 'weight_decay', 'max_grad_norm']

function scalar(key: string, value: Sft[keyof Sft]): string {
  if (typeof value === 'string') return yamlText(value)
  return typeof value === 'number' && floats.includes(key) ? yamlFloat(value) : String(value)
}

/** The folder of the rows, for the export that writes them and TRL's configuration. */
const rowsFolder = ({ output }: JobPaths): string => `${output}/rows`

const yaml = (settings: Sft, maxLength: number, paths: JobPaths): string => {
  const keys = {
    ...settings,
    dataset_name: rowsFolder(paths),
    dataset_test_split: 'validation',
    output_dir: `${paths.output}/model`,
    max_length: maxLength,
    save_only_model: true,
  }
  return Object.entries(keys)
    .map(([key, value]) => `${key}: ${scalar(key, value)}\n`)
    .join('')
}

const howToRun = `Run this where steerflow and TRL are installed; the data folder must be there under the same path.
First the snapshot becomes rows of token ids and labels, then TRL learns from them as they are.`

/** The checkpoint that TRL leaves, without its training state and README. */
const result: TrainerResult = {
  kind: 'hf-checkpoint',
  model: 'model',
  files: {
    required: ['config.json', 'model*.safetensors'],
    optional: [
      'generation_config.json',
      'model.safetensors.index.json',
      'tokenizer.json',
      'tokenizer_config.json',
      'special_tokens_map.json',
      'chat_template.jinja',
    ],
  },
  metrics: null,
}

/**
 * A supervised fine-tuning job of Hugging Face TRL (`trl sft --config`), in two steps. TRL uses rows with `labels` as they
 * are; the tokenizer that it loads would split some texts into other tokens than SentencePiece does
 * (docs/reference/loss-masks.md#token-rows).
 */
const fineTuning = (name: string, role: Trainer['role']): Trainer =>
  trainer({
    name,
    role,
    result,
    settings: z.strictObject({ ...Rows.shape, ...Sft.shape }),
    tokens: ({ promptTokens }) => (promptTokens === 'control' ? controlTokens : extraIdTokens),
    maxLength: settings => settings.max_length,
    render: ({ dataset, snapshot }, { promptTokens, tokenizer, max_length, ...settings }, paths) => {
      const offline: Readonly<Record<string, string>> = settings.model_name_or_path.startsWith('/')
        ? { HF_HUB_OFFLINE: '1' }
        : {}
      const rows = [
        ...['steerflow', 'datasets', 'export', dataset, '--format', 'tokens', '--output', rowsFolder(paths)],
        ...['--snapshot', snapshot.digest, '--max-tokens', String(max_length), '--data-dir', paths.root],
        ...['--set', `promptTokens=${promptTokens}`],
        ...(tokenizer === '' ? [] : ['--set', `clean.tokenizer=${JSON.stringify(tokenizer)}`]),
      ]
      const steps = [rows, ['trl', 'sft', '--config', `${paths.folder}/trl.yaml`]]
      // The cache of `datasets` is the job's own: a shared one would confuse folders of the same name.
      const env = { ...offline, HF_DATASETS_CACHE: `${paths.output}/cache`, TOKENIZERS_PARALLELISM: 'false' }
      return {
        files: { 'trl.yaml': yaml(settings, max_length, paths), 'run.sh': runScript(howToRun, { steps, env }) },
        steps,
        env,
      }
    },
  })

/** The model that answers with the requested attributes, trained on conversations of type VALUE_TO_TEXT. */
export const trl = fineTuning('trl', 'steerlm')

/** The model that predicts the attributes, trained on conversations of type TEXT_TO_VALUE. */
export const trlValue = fineTuning('trl-value', 'value')
