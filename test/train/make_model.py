"""A Llama of random weights with a SentencePiece tokenizer, as a Hugging Face folder: FOLDER TOKENIZER.model SEED.

Small enough to be trained on a processor in minutes: nine tenths of its weights are the embeddings of the vocabulary.
"""
import json
import shutil
import sys

import sentencepiece
from transformers import LlamaConfig, LlamaForCausalLM, LlamaTokenizer, set_seed

folder, model_file, seed = sys.argv[1:]
set_seed(int(seed))
pieces = sentencepiece.SentencePieceProcessor(model_file=model_file).vocab_size()
width = 128
model = LlamaForCausalLM(
    LlamaConfig(
        vocab_size=pieces,
        hidden_size=width,
        intermediate_size=3 * width,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=2048,
        tie_word_embeddings=True,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=2,
    )
)
model.save_pretrained(folder)
shutil.copy(model_file, f"{folder}/tokenizer.model")
# TRL loads a tokenizer, though rows that are tokens already do not need it.
tokenizer = LlamaTokenizer.from_pretrained(folder, legacy=False, add_bos_token=False)
tokenizer.pad_token = "</s>"
tokenizer.save_pretrained(folder)
print(json.dumps({"parameters": model.num_parameters(), "pieces": pieces}))
