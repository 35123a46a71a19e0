"""A Hugging Face Llama folder as a GGUF file of 32-bit floats for llama.cpp: FOLDER TOKENIZER.model OUT.gguf.

The tokenizer is the SentencePiece model itself, piece by piece, so that the server cuts texts as we do.
"""
import json
import sys

import gguf
import numpy
import sentencepiece
from safetensors.numpy import load_file

folder, model_file, out = sys.argv[1:]
with open(f"{folder}/config.json", encoding="utf-8") as file:
    config = json.load(file)
pieces = sentencepiece.SentencePieceProcessor(model_file=model_file)
heads, key_heads = config["num_attention_heads"], config["num_key_value_heads"]
rotary = config.get("rope_parameters") or config

writer = gguf.GGUFWriter(out, "llama")
writer.add_file_type(gguf.LlamaFileType.ALL_F32)
writer.add_vocab_size(config["vocab_size"])
writer.add_context_length(config["max_position_embeddings"])
writer.add_embedding_length(config["hidden_size"])
writer.add_feed_forward_length(config["intermediate_size"])
writer.add_block_count(config["num_hidden_layers"])
writer.add_head_count(heads)
writer.add_head_count_kv(key_heads)
writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
writer.add_rope_freq_base(rotary.get("rope_theta", 10000.0))
writer.add_rope_dimension_count(config["hidden_size"] // heads)


def kind(piece):
    if pieces.is_unknown(piece):
        return gguf.TokenType.UNKNOWN
    if pieces.is_control(piece):
        return gguf.TokenType.CONTROL
    return gguf.TokenType.BYTE if pieces.is_byte(piece) else gguf.TokenType.NORMAL


every = range(pieces.vocab_size())
writer.add_tokenizer_model("llama")
writer.add_token_list([pieces.id_to_piece(piece).encode() for piece in every])
writer.add_token_scores([pieces.get_score(piece) for piece in every])
writer.add_token_types([kind(piece) for piece in every])
writer.add_bos_token_id(pieces.bos_id())
writer.add_eos_token_id(pieces.eos_id())
writer.add_unk_token_id(pieces.unk_id())
writer.add_add_space_prefix(True)
writer.add_add_bos_token(False)
writer.add_add_eos_token(False)

WHOLE = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}
LAYER = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def interleaved(rows, count):
    """Rotary halves side by side, as llama.cpp has them, where Hugging Face has one half after the other."""
    return rows.reshape(count, 2, -1, rows.shape[-1]).swapaxes(1, 2).reshape(rows.shape)


for name, values in load_file(f"{folder}/model.safetensors").items():
    name = name.removesuffix(".weight")
    values = values.astype(numpy.float32)
    if name in WHOLE:
        target = WHOLE[name]
    else:
        _, _, layer, part = name.split(".", 3)
        target = f"blk.{layer}.{LAYER[part]}"
        if part == "self_attn.q_proj":
            values = interleaved(values, heads)
        elif part == "self_attn.k_proj":
            values = interleaved(values, key_heads)
    writer.add_tensor(f"{target}.weight", numpy.ascontiguousarray(values))
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
