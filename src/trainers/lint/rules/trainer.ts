import type { Rule } from '../finding.js'
import { numberOf, valueOf } from '../subject.js'

/**
 * NeMo only checks that the keys exist. They do, with the value null:
 * docs/reference/training-tools.md#the-tutorials-commands.
 */
export const wandbProject: Rule = {
  id: 'wandb-project',
  severity: 'warning',
  title: 'the Weights & Biases logger without a project',
  check: subject => {
    if (valueOf(subject, 'exp_manager.create_wandb_logger') !== true) return []
    const project = valueOf(subject, 'exp_manager.wandb_logger_kwargs.project')
    if (project !== undefined && project !== null) return []
    return [
      {
        text: 'exp_manager.create_wandb_logger is on, but no project or name is set: the check before training misses it, and the logger then requires a key',
        next: 'turn it off, or set exp_manager.wandb_logger_kwargs.project and name, and WANDB_API_KEY on the training machine',
      },
    ]
  },
}

/** The method is not used with `selective`: docs/reference/training-tools.md#the-tutorials-commands. */
export const uniformSelective: Rule = {
  id: 'uniform-selective',
  severity: 'note',
  title: 'a method of activation checkpointing that its granularity does not use',
  check: subject =>
    valueOf(subject, 'model.activations_checkpoint_granularity') === 'selective' &&
    typeof valueOf(subject, 'model.activations_checkpoint_method') === 'string'
      ? [
          {
            text: `activations_checkpoint_method is not used with the granularity selective: harmless`,
            next: 'nothing to do',
          },
        ]
      : [],
}

/** Megatron: every group of tensor and pipeline parallel ranks needs one device for each rank. */
export const parallelDevices: Rule = {
  id: 'parallel-devices',
  severity: 'error',
  title: 'a number of devices that the parallel ranks do not divide',
  check: subject => {
    const of = (key: string) => numberOf(subject, `model.${key}`) ?? numberOf(subject, key) ?? 1
    const devices = numberOf(subject, 'trainer.devices')
    if (devices === null) return []
    const all = devices * (numberOf(subject, 'trainer.num_nodes') ?? 1)
    const ranks = of('tensor_model_parallel_size') * of('pipeline_model_parallel_size')
    if (all % ranks === 0) return []
    const text = `${all} devices cannot be divided into groups of ${ranks} (tensor × pipeline parallel)`
    return [{ text, next: `set trainer.devices to a multiple of ${ranks}, or fit the parallel sizes to the devices` }]
  },
}

/** Megatron: a global batch is a whole number of micro batches on each data parallel rank. */
export const batchDivision: Rule = {
  id: 'batch-division',
  severity: 'error',
  title: 'a global batch that is not a multiple of the micro batches of all ranks',
  check: subject => {
    const devices = numberOf(subject, 'trainer.devices')
    if (devices === null) return []
    const of = (key: string) => numberOf(subject, key) ?? 1
    const ranks = of('model.tensor_model_parallel_size') * of('model.pipeline_model_parallel_size')
    const parallel = Math.max(1, Math.floor((devices * of('trainer.num_nodes')) / ranks))
    return ['train_ds', 'validation_ds'].flatMap(part => {
      const global = numberOf(subject, `model.data.${part}.global_batch_size`)
      const micro = numberOf(subject, `model.data.${part}.micro_batch_size`)
      if (global === null || micro === null || global % (micro * parallel) === 0) return []
      const text = `${part}: ${global} is not a multiple of ${micro} × ${parallel} (micro batch × data parallel ranks)`
      return [{ text, next: `set model.data.${part}.global_batch_size to a multiple of ${micro * parallel}` }]
    })
  },
}
