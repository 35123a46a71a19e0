import { z } from 'zod'
import { controlTokens, type PromptTokens } from '../domain/prompt-tokens.js'
import { hydraYaml, type YamlScalar } from './hydra-yaml.js'
import { runScript } from './run-script.js'
import { type JobPaths, type Trainer, trainer } from './trainer.js'

const count = z.int().positive()
const float = z.number().transform(value => ({ float: value }))
/** An integer is a number of batches, a fraction a share of them (docs/reference/training-tools.md#composed-values). */
const batches = z.union([
  z.int().positive(),
  z
    .number()
    .positive()
    .max(1)
    .transform(value => ({ float: value })),
])

/**
 * The keys that a job may set, by their names in gpt_sft.yaml of every NeMo-Aligner since v0.2.0, with the tutorial's values
 * unless these are slips (docs/reference/training-tools.md#the-tutorials-commands). The Weights & Biases logger is off,
 * since it needs a key. The trainer ignores unknown keys of a YAML file, so the list is closed here.
 */
const Settings = z.strictObject({
  'trainer.num_nodes': count.default(1),
  'trainer.devices': count.default(4),
  'trainer.precision': z.string().default('bf16'),
  'trainer.sft.limit_val_batches': batches.default(40),
  'trainer.sft.max_epochs': count.default(1),
  'trainer.sft.max_steps': z.int().default(1000),
  'trainer.sft.val_check_interval': count.default(200),
  'trainer.sft.save_interval': count.default(200),
  'model.megatron_amp_O2': z.boolean().default(true),
  'model.restore_from_path': z.string().min(1).default('/models/llama7b.nemo'),
  'model.tensor_model_parallel_size': count.default(2),
  'model.pipeline_model_parallel_size': count.default(1),
  'model.optim.lr': float.prefault(6e-6),
  'model.optim.name': z.string().default('distributed_fused_adam'),
  'model.optim.weight_decay': float.prefault(0.01),
  'model.optim.sched.constant_steps': z.int().nonnegative().default(200),
  'model.optim.sched.warmup_steps': z.int().nonnegative().default(1),
  'model.optim.sched.min_lr': float.prefault(5e-6),
  'model.answer_only_loss': z.boolean().default(true),
  'model.activations_checkpoint_granularity': z.string().default('selective'),
  'model.activations_checkpoint_method': z.string().default('uniform'),
  'model.data.chat': z.boolean().default(true),
  'model.data.num_workers': z.int().nonnegative().default(0),
  'model.data.chat_prompt_tokens.system_turn_start': z.string().min(1).default(controlTokens.system),
  'model.data.chat_prompt_tokens.turn_start': z.string().min(1).default(controlTokens.turn),
  'model.data.chat_prompt_tokens.label_start': z.string().min(1).default(controlTokens.label),
  'model.data.train_ds.max_seq_length': count.default(4096),
  'model.data.train_ds.micro_batch_size': count.default(2),
  'model.data.train_ds.global_batch_size': count.default(128),
  'model.data.train_ds.index_mapping_dir': z.string().optional(),
  'model.data.train_ds.add_eos': z.boolean().default(false),
  'model.data.train_ds.hf_dataset': z.boolean().default(true),
  'model.data.validation_ds.max_seq_length': count.default(4096),
  'model.data.validation_ds.micro_batch_size': count.default(2),
  'model.data.validation_ds.global_batch_size': count.default(128),
  'model.data.validation_ds.index_mapping_dir': z.string().optional(),
  'model.data.validation_ds.add_eos': z.boolean().default(false),
  'model.data.validation_ds.hf_dataset': z.boolean().default(true),
  'exp_manager.create_wandb_logger': z.boolean().default(false),
  'exp_manager.wandb_logger_kwargs.project': z.string().optional(),
  'exp_manager.wandb_logger_kwargs.name': z.string().optional(),
  'exp_manager.explicit_log_dir': z.string().optional(),
  'exp_manager.resume_if_exists': z.boolean().default(true),
  'exp_manager.resume_ignore_no_checkpoint': z.boolean().default(true),
  'exp_manager.create_checkpoint_callback': z.boolean().default(true),
})

/** Every key that a job sets: those of its settings, and the files. */
export const nemoKeys: readonly string[] = [
  ...Object.keys(Settings.shape),
  'model.data.train_ds.file_path',
  'model.data.validation_ds.file_path',
]

/**
 * The prompt tokens of the trainer's own configuration, in every release (docs/reference/loss-masks.md#prompt-tokens).
 */
export const nemoDefaults: PromptTokens = controlTokens

/**
 * The paths of a job. Index and log folders are the job's own unless they are set: with `resume_if_exists`, two jobs in one
 * folder would resume from each other's checkpoints.
 */
const places = ({ snapshot, output }: JobPaths): Readonly<Record<string, YamlScalar>> => ({
  'model.data.train_ds.file_path': `${snapshot}/train.jsonl`,
  'model.data.train_ds.index_mapping_dir': `${output}/index`,
  'model.data.validation_ds.file_path': `${snapshot}/validation.jsonl`,
  'model.data.validation_ds.index_mapping_dir': `${output}/index`,
  'exp_manager.explicit_log_dir': `${output}/results`,
})

/** The folder of NeMo-Aligner in NeMo's images. */
const workdir = '/opt/NeMo-Aligner'

const howToRun = `Run this where NeMo-Aligner is installed; the data folder must be visible there under the same path.
To inspect the composed configuration first, append --cfg job`

/** A supervised fine-tuning job of NeMo-Aligner: a configuration file, since no command line can carry a NUL token. */
const fineTuning = (name: string, role: Trainer['role'], config: string): Trainer =>
  trainer({
    name,
    role,
    result: null,
    settings: Settings,
    tokens: settings => ({
      system: settings['model.data.chat_prompt_tokens.system_turn_start'],
      turn: settings['model.data.chat_prompt_tokens.turn_start'],
      label: settings['model.data.chat_prompt_tokens.label_start'],
    }),
    maxLength: settings => settings['model.data.train_ds.max_seq_length'],
    render: (_job, settings, paths) => {
      const set = Object.entries(settings).filter((entry): entry is [string, YamlScalar] => entry[1] !== undefined)
      const script = 'examples/nlp/gpt/train_gpt_sft.py'
      const steps = [['python', '-u', script, `--config-dir=${paths.folder}`, `--config-name=${config}`]]
      return {
        files: {
          [`${config}.yaml`]: hydraYaml('gpt_sft', { ...places(paths), ...Object.fromEntries(set) }),
          'run.sh': runScript(howToRun, { steps, folder: `"\${NEMO_ALIGNER:-${workdir}}"` }),
        },
        steps,
        workdir,
        // One process for each device, which the launcher starts: Lightning refuses any other number
        // (docs/reference/training-tools.md#slurm).
        machines: {
          nodes: settings['trainer.num_nodes'],
          devices: settings['trainer.devices'],
          tasks: settings['trainer.devices'],
        },
      }
    },
  })

/** The tutorial's SteerLM model: learns to answer with the requested attributes. */
export const nemoAligner = fineTuning('nemo-aligner', 'steerlm', 'steerlm_model')

/** The tutorial's value model: learns to predict the attributes. */
export const nemoAlignerValue = fineTuning('nemo-aligner-value', 'value', 'value_model')
