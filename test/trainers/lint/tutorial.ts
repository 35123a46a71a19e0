/**
 * The commands of NeMo's SteerLM tutorial in its first edition, as facts about what people copy: the parts that matter to
 * `jobs lint`, in the tutorial's spelling.
 */
const training = (train: string, validation: string): string => String.raw`
python examples/nlp/gpt/train_gpt_sft.py \
  trainer.num_nodes=1 \
  trainer.devices=4 \
  trainer.precision=bf16 \
  sft_trainer.limit_val_batches=40 \
  sft_trainer.max_epochs=1 \
  sft_trainer.max_steps=1000 \
  sft_trainer.val_check_interval=200 \
  sft_trainer.save_interval=200 \
  model.megatron_amp_O2=True \
  model.restore_from_path=/models/llama7b.nemo \
  model.tensor_model_parallel_size=2 \
  model.pipeline_model_parallel_size=1 \
  model.optim.lr=6e-6 \
  model.optim.name=distributed_fused_adam \
  model.optim.weight_decay=0.01 \
  model.optim.sched.constant_steps=200 \
  model.optim.sched.warmup_steps=1 \
  model.optim.sched.min_lr=5e-6 \
  model.answer_only_loss=True \
  model.activations_checkpoint_granularity=selective \
  model.activations_checkpoint_method=uniform \
  model.data.chat=True \
  model.data.num_workers=0 \
  model.data.chat_prompt_tokens.system_turn_start=\x00 \
  model.data.chat_prompt_tokens.turn_start=\x11 \
  model.data.chat_prompt_tokens.label_start=\x12 \
  model.data.train_ds.max_seq_length=4096 \
  model.data.train_ds.micro_batch_size=2 \
  model.data.train_ds.global_batch_size=128 \
  model.data.train_ds.file_path=${train} \
  model.data.train_ds.index_mapping_dir=/indexmap_dir \
  model.data.train_ds.add_eos=False \
  model.data.train_ds.hf_dataset=True \
  model.data.validation_ds.max_seq_length=4906 \
  model.data.validation_ds.file_path=${validation} \
  model.data.validation_ds.micro_batch_size=2 \
  model.data.validation_ds.global_batch_size=128 \
  model.data.validation_ds.index_mapping_dir=/indexmap_dir \
  model.data.validation_ds.add_eos=False \
  model.data.validation_ds.hf_dataset=True \
  exp_manager.create_wandb_logger=True \
  exp_manager.explicit_log_dir=/results \
  exp_manager.resume_if_exists=True \
  exp_manager.resume_ignore_no_checkpoint=True \
  exp_manager.create_checkpoint_callback=True
`

/** Trains the value model. */
export const valueModel = training(
  'data/subset_data_output_train_clean.jsonl',
  'data/subset_data_output_val_clean.jsonl',
)

/** Trains the answering model. */
export const steerModel = training(
  'data/subset_data_v2t_train_value_output_clean.jsonl',
  'data/subset_data_v2t_val_value_output_clean.jsonl',
)

const scripts = 'scripts/nlp_language_modeling/sft'
const perSplit = (command: (split: string) => string): string => ['train', 'val'].map(command).join('\n')
const clean = (script: string, file: string): string =>
  `python ${script} --dataset_file=${file}.jsonl --output_file=${file}_clean.jsonl --library sentencepiece --model_file=tokenizer.model --seq_len 4096`

/** All steps in order: preprocess, clean, train, annotate, clean, train. */
export const tutorial = [
  `python ${scripts}/preprocessing.py --input_file=oasst.trees.jsonl --output_file_prefix=data/subset_data_output --mask_role=User --type=TEXT_TO_VALUE --split_ratio=0.95 --seed=10`,
  perSplit(split => clean(`${scripts}/data_clean.py`, `data/subset_data_output_${split}`)),
  valueModel,
  perSplit(
    split =>
      `python ${scripts}/attribute_annotate.py --batch_size=1 --host=localhost --input_file_name=data/subset_data_output_${split}.jsonl --output_file_name=data/subset_data_output_${split}_value_output.jsonl --port_num=1424`,
  ),
  perSplit(split => clean('/opt/NeMo/scripts/data_clean.py', `data/subset_data_output_${split}_value_output`)),
  steerModel,
].join('\n')
