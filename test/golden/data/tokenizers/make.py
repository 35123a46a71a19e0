"""Makes the small tokenizers of this folder, texts, the ids that Python's tokenizers gives for them, and loss masks.

    pip install tokenizers==0.23.3 sentencepiece==0.2.3
    python3 make.py ../../../../examples/data/oasst1_en_val.trees.jsonl

Each tokenizer has the parts of a family of models: the pre-tokenizer, the normalizer and the added tokens are theirs, the
vocabulary is small and learnt from the shipped conversations. With `--ids` it only writes the ids, to standard output, for
the tokenizers and texts that are here: a test compares them with those in ids.json.gz.
"""

import gzip, io, json, os, random, sys, tempfile
import tokenizers
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

here = os.path.dirname(os.path.abspath(__file__))
names = ['llama3', 'qwen', 'nemotron', 'mistral', 'gemma', 'unigram']
extra = [f'<extra_id_{i}>' for i in range(3)]

LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
NEMO = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|"
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|"
    r"\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def special(*contents):
    return [AddedToken(content, special=True, normalized=False) for content in contents]


def byte_level(regex, corpus, tokens, size=1500, normalizer=None):
    made = Tokenizer(models.BPE(ignore_merges=regex is LLAMA3))
    if normalizer:
        made.normalizer = normalizer
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(regex), behavior='isolated'),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=size, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    made.train_from_iterator(corpus, trainer)
    made.add_special_tokens(tokens)
    return made


def begins_with(made, token):
    made.post_processor = processors.Sequence(
        [
            processors.ByteLevel(trim_offsets=False),
            processors.TemplateProcessing(single=f'{token} $A', pair=f'{token} $A {token} $B', special_tokens=[(token, made.token_to_id(token))]),
        ]
    )


def llama3(corpus):
    """Byte-level pairs, digits by three, merges ignored for whole words, a begin token; <extra_id_N> is text."""
    made = byte_level(LLAMA3, corpus, special('<|begin_of_text|>', '<|end_of_text|>', '<|start_header_id|>', '<|eot_id|>'))
    begins_with(made, '<|begin_of_text|>')
    return made


def qwen(corpus):
    """Byte-level pairs on text in NFC, digits one by one; <extra_id_N> is text, and some tokens are added but not special."""
    made = byte_level(QWEN, corpus, special('<|endoftext|>', '<|im_start|>', '<|im_end|>'), normalizer=normalizers.NFC())
    made.add_tokens([AddedToken('<tool_call>', normalized=False), AddedToken('<think>', normalized=False)])
    return made


def nemotron(corpus):
    """Byte-level pairs, words by case, <extra_id_N> are special tokens, a begin token."""
    made = byte_level(NEMO, corpus, special('<unk>', '<s>', '</s>', *extra, '[INST]', '[/INST]'))
    begins_with(made, '<s>')
    return made


def metaspace_pairs(corpus, tokens, size=1200):
    """Learns pairs of text whose spaces are U+2581, with a token for every byte."""
    made = Tokenizer(models.BPE(byte_fallback=True, unk_token='<unk>', fuse_unk=True))
    made.normalizer = normalizers.Replace(' ', '\u2581')
    made.pre_tokenizer = pre_tokenizers.Split(Regex('(?<=[^\u2581])(?=\u2581)|(?<=\\n)|(?=\\n)'), behavior='isolated')
    first = [*tokens, *(f'<0x{byte:02X}>' for byte in range(256))]
    trainer = trainers.BpeTrainer(vocab_size=size, special_tokens=first, show_progress=False, limit_alphabet=120)
    made.train_from_iterator(corpus, trainer)
    document = json.loads(made.to_str())
    document['added_tokens'] = [token for token in document['added_tokens'] if token['content'] in tokens]
    return document


def mistral(corpus):
    """What transformers makes of a SentencePiece model: pairs, spaces as U+2581, one put before the text, bytes for the unknown."""
    document = metaspace_pairs(corpus, ['<unk>', '<s>', '</s>'])
    document['normalizer'] = {'type': 'Sequence', 'normalizers': [{'type': 'Prepend', 'prepend': '\u2581'}, {'type': 'Replace', 'pattern': {'String': ' '}, 'content': '\u2581'}]}
    document['pre_tokenizer'] = None
    document['decoder'] = {'type': 'Sequence', 'decoders': [{'type': 'Replace', 'pattern': {'String': '\u2581'}, 'content': ' '}, {'type': 'ByteFallback'}, {'type': 'Fuse'}, {'type': 'Strip', 'content': ' ', 'start': 1, 'stop': 0}]}
    made = Tokenizer.from_str(json.dumps(document))
    made.post_processor = processors.TemplateProcessing(single='<s> $A', pair='<s> $A <s>:1 $B:1', special_tokens=[('<s>', made.token_to_id('<s>'))])
    return made


def gemma(corpus):
    """Pairs with bytes for the unknown, no space put before the text, digits and <extra_id_N> as added tokens of several kinds."""
    document = metaspace_pairs(corpus, ['<pad>', '<eos>', '<bos>', '<unk>'])
    document['normalizer'] = {'type': 'Replace', 'pattern': {'String': ' '}, 'content': '\u2581'}
    document['pre_tokenizer'] = {'type': 'Split', 'pattern': {'String': ' '}, 'behavior': 'MergedWithPrevious', 'invert': False}
    made = Tokenizer.from_str(json.dumps(document))
    made.add_special_tokens(special('<start_of_turn>', '<end_of_turn>', *extra))
    made.add_tokens([AddedToken('\n\n', normalized=False), AddedToken('\n\n\n', normalized=False), AddedToken('\u2581\u2581', normalized=False), AddedToken('<table>', normalized=False)])
    made.add_tokens([AddedToken('[left]', lstrip=True, normalized=False), AddedToken('[right]', rstrip=True, normalized=False), AddedToken('whole', single_word=True), AddedToken('two words', normalized=True)])
    made.post_processor = processors.TemplateProcessing(single='<bos> $A', pair='<bos> $A <bos> $B', special_tokens=[('<bos>', made.token_to_id('<bos>'))])
    return made


def unigram(corpus):
    """A SentencePiece unigram model with normalisation rules, as transformers makes it: Precompiled, Metaspace, digits apart."""
    import sentencepiece as spm

    model = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder:
        rules = os.path.join(folder, 'rules.tsv')
        pairs = {'ﬁ': 'fi', 'ﬂ': 'fl', '½': '1/2', '…': '...', '\u3000': ' ', '\u00a0': ' ', 'Ａ': 'A', 'e\u0301': '\u00e9', '™': 'TM', '\ufeff': '', '①': '1', 'ｶﾞ': 'ガ'}
        with open(rules, 'w') as file:
            for source, target in pairs.items():
                file.write(f"{' '.join(f'{ord(c):x}' for c in source)}\t{' '.join(f'{ord(c):x}' for c in target)}\n")
        spm.SentencePieceTrainer.train(
            sentence_iterator=iter(line for text in corpus for line in text.splitlines() if line), model_writer=model, vocab_size=1200,
            model_type='unigram', normalization_rule_tsv=rules, split_digits=True, byte_fallback=True, minloglevel=2,
            character_coverage=0.999, num_threads=2, input_sentence_size=4000, shuffle_input_sentence=False,
        )
    processor = spm.SentencePieceProcessor(model_proto=model.getvalue())
    vocabulary = [(processor.id_to_piece(i), processor.get_score(i)) for i in range(processor.get_piece_size())]
    made = Tokenizer(models.Unigram(vocabulary, unk_id=processor.unk_id(), byte_fallback=True))
    made.normalizer = normalizers.Sequence([normalizers.Precompiled(charsmap(model.getvalue())), normalizers.Replace(Regex(' {2,}'), ' ')])
    made.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Metaspace(prepend_scheme='always'), pre_tokenizers.Digits(individual_digits=True)])
    made.decoder = decoders.Metaspace()
    made.add_special_tokens(special('<unk>', '<s>', '</s>', *extra))
    made.post_processor = processors.TemplateProcessing(single='$A </s>', pair='$A </s> $B </s>', special_tokens=[('</s>', made.token_to_id('</s>'))])
    return made


def fields(message):
    """The length-delimited fields of a protobuf message."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            part = message[at]
            at += 1
            value |= (part & 127) << shift
            shift += 7
            if part < 128:
                return value

    while at < len(message):
        tag = varint()
        if tag & 7 == 2:
            length = varint()
            yield tag >> 3, message[at : at + length]
            at += length
        elif tag & 7 == 0:
            varint()
        else:
            at += 4 if tag & 7 == 5 else 8


def charsmap(model):
    normalizer = dict(fields(model))[3]
    return dict(fields(normalizer))[2]


def texts():
    """500 texts: hand-made ones, then random mixtures of hostile parts."""
    chance = random.Random(20)
    hand = [
        '', ' ', '  ', '\n', '\n\n', '\n\n\n\n', '\r\n', '\r', '\t\t', '\0', '\0\0a', '\x11User\n', '\x12quality:4\n', ' \n', '\n ', ' \n \n  x', 'a', ' a', 'a ', '  a  b   c    ',
        '\u2581', '\u2581\u2581a', 'a\u2581b', ' \u2581 ', '\u00a0', '\u3000x', '\ufeff', '\ufeffBOM', '\u200b\u200d', '\u2028\u2029\u0085', '\x0b\x0c\x1c\x1d\x1e\x1f', '\x7f\x80\x9f', '\ufffd', '\ufffe\uffff', '\U0010ffff',
        "I'm you're he's I'll they'd we've can't", "I'M YOU'RE HE'S I'LL", "'\u017f'\u017fx '\u212a", "it\u2019s", "''s'", '1', '12', '123', '1234', '12345678901234567890', '3.14159', '1,000,000', '\u0661\u0662\u0663', '\u00bd\u00b2\u2460\u2167', '\u0967\u0968', '\U0001d7ce\U0001d7cf',
        'e\u0301', '\u00e9', 'A\u030a', '\u212b', '\u1100\u1161\u11a8', '\uac01', '\u0344', '\u0958', '\u2126', '\ufb01\ufb02', 'q\u0307\u0323', '\u0f71\u0f72\u0f74', '\u0cc6\u0cc2\u0cd5', '\U0001d15e', '\u1e9b\u0323',
        '\U0001f600', '\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466', '\U0001f1e9\U0001f1ea', '\u2764\ufe0f', '\U0001f44d\U0001f3fd', '#\ufe0f\u20e3', '\U0001fae9',
        '日本語のテキスト。', '中文，没有空格', '한국어 문장입니다.', 'Привет, мир!', 'مرحبا بالعالم', 'שלום עולם', 'สวัสดีชาวโลก', 'नमस्ते दुनिया', 'ქართული', 'ǅungla ǈ', 'İstanbul ıI', 'straße ẞ', 'Ω≈ç√∫', 'ʰʷᴬ', '\U00010400\U00010428', '\u1c89\ua7cb', '\U00016d40', '\u0897', '\U0001c8a0',
        *extra, '<extra_id_1>User\nHello\n<extra_id_2>quality:4,toxicity:0\n', 'say <extra_id_2> twice <extra_id_2>', '<extra_id_12>', '<extra_id_', 'extra_id_1>', ' <extra_id_1> ', '<extra_id_1>\n\n<extra_id_1>',
        '<s>', '</s>', '<unk>', '<pad>', '<bos>x<eos>', '<s><s>', 'a<s>b</s>c', '<0x0A>', '<0x00>', '<|endoftext|>', '<|im_start|>user\nHi<|im_end|>\n', '<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>', '[INST] x [/INST]', '<tool_call>{}</tool_call>', '<think>a</think>', '<start_of_turn>user\n', '<table>',
        ' [left] x', 'x  [left]', '[right]  x', '[right]\n\n x', 'whole', 'wholes', 'a whole b', '(whole)', '_whole_', 'éwhole', 'two words', ' two  words', 'two\u2581words', 'twowords two words.',
        'def f(x):\n    return x**2  # ok\n\n\n\tif (a != b) { c(); }\r\n', '{"a": [1, 2, null], "b": "\\u00e9"}', 'https://x.org/a?b=c&d=%20#e', 'a@b.c', '```py\nx\n```', '=== --- *** ___ ///', '!!!???...', ')]}>', ':-) ;D', '\\n\\t', 'CamelCaseHTTPServerÉtÉ', 'ALLCAPS', 'snake_case_name', "L'été d'Élise", 'x' * 300, ' ' * 300, '\n' * 100, 'ab' * 200, '0' * 100, '日' * 100, '\U0001f600' * 50, 'é' * 50, 'e\u0301' * 50, ' a' * 100, '\u2581' * 40, 'word ' * 60,
    ]
    parts = [
        'hello', ' world', 'The', ' quick', ' ', '  ', '   ', '\n', '\n\n', '\r\n', '\t', '\0', '\x11', '\x12', '\u2581', '\u00a0', '\u200d', '\u200b', '\ufeff', 'é', 'e\u0301', '\u0301', '\u0323', 'ﬁ', '½', '…', 'Ａ', '①', 'ｶﾞ', '™',
        '日本', '語', '한', '\u1112', '\u1161', 'да', 'ש', 'ب', '\u0e33', '\U0001f600', '\u200d\U0001f467', '\ufe0f', "'s", "'S", "'ll", "'\u017f", '1', '12', '999', '\u0663', '²', '.', ',', '!', '?', '/', '(', ')', '<', '>', '_', '-', '#',
        *extra, '<s>', '</s>', '<unk>', '<bos>', '<|im_end|>', '<|eot_id|>', '<think>', '[INST]', '[left]', '[right]', 'whole', 'two words', '<0x0A>', 'ǅ', 'İ', 'ß', 'A', 'b', 'Z', '\u0345', '\u1e9b', '\u0f77', '\u212b', '\x85', '\u2028',
    ]
    mixed = []
    while len(hand) + len(mixed) < 500:
        kind = chance.random()
        if kind < 0.8:
            mixed.append(''.join(chance.choice(parts) for _ in range(chance.randint(1, 14))))
        else:
            points = [chance.choice([chance.randrange(0x250), chance.randrange(0x3000), chance.randrange(0xd800), chance.randrange(0xe000, 0x20000)]) for _ in range(chance.randint(1, 12))]
            mixed.append(''.join(map(chr, points)))
    return [*hand, *mixed]


def conversations(path):
    def words(node):
        yield node['text']
        for reply in node.get('replies', []):
            yield from words(reply)

    with open(path) as file:
        return [text for line in file for text in words(json.loads(line)['prompt'])][:1500]


prompts = {'extra-id': extra, 'control': ['\0', '\x11', '\x12']}
pairings = [('llama3', 'control'), ('llama3', 'extra-id'), ('qwen', 'extra-id'), ('nemotron', 'extra-id'), ('mistral', 'extra-id'), ('mistral', 'control'), ('gemma', 'extra-id'), ('unigram', 'extra-id')]


def chats(corpus, given):
    """Conversations with usual words, then with hostile ones."""
    label = 'quality:4,toxicity:0'
    usual = [corpus[4 * i : 4 * i + 2 + i % 3] for i in range(30)]
    hostile = [['Hello.', text, 'Go on.', text] for text in given if text and not any(token in text for token in [*extra, '\0', '\x11', '\x12'])]
    made = []
    for i, values in enumerate([*usual, *hostile]):
        turns = [{'from': ['User', 'Assistant'][k % 2], 'value': value, 'label': label} for k, value in enumerate(values)]
        kind = ['VALUE_TO_TEXT', 'TEXT_TO_VALUE', None][i % 3]
        made.append({'usual': i < len(usual), 'input': {'conversations': turns, 'system': 'A chat.\n\n', 'mask': 'User', 'type': kind}})
    return made


def starts(encoded, text):
    """Where each token begins in the text. Tokens of bytes have the place of their whole run: take that apart."""
    run, used = None, 0
    for token, place in zip(encoded.tokens, encoded.offsets):
        used = used if place == run else 0
        run = place
        yield place[0] + len(text[slice(*place)].encode()[:used].decode(errors='ignore'))
        used += 1 if token.startswith('<0x') else 0


def mask_of(made, tokens, chat):
    """Ids and mask by places in the text: a token is learnt if it begins in a part that is. No counting of tokens."""
    system, turn, label = tokens
    kind = chat['type']
    text = f"{system}System\n{chat['system']}\n"
    learnt = []
    for index, each in enumerate(chat['conversations']):
        begin = len(text)
        masked = each['from'] == 'User'
        line = '' if kind is None else f"{label}{each['label']}\n"
        name = f"{turn}{each['from']}\n"
        text += name + (line + each['value'] + '\n' if kind == 'VALUE_TO_TEXT' else each['value'] + '\n' + line)
        if index == 0 and kind != 'TEXT_TO_VALUE':
            continue
        if masked:
            if index > 1 or (index == 1 and kind == 'TEXT_TO_VALUE'):
                learnt.append((begin, begin + len(turn)))
        elif kind == 'TEXT_TO_VALUE':
            learnt.append((len(text) - len(line) + len(label), len(text)))
        else:
            learnt.append((begin + len(name) + (len(line) if kind else 0), len(text)))
    if chat['conversations'][-1]['from'] != 'User':
        learnt.append((len(text), len(text) + len(turn)))
        text += turn
    encoded = made.encode(text, add_special_tokens=False)
    mask = ''.join('1' if any(begin <= at < end for begin, end in learnt) else '0' for at in starts(encoded, text))
    return {'ids': encoded.ids, 'mask': mask}


def zipped(name, value):
    with open(os.path.join(here, name), 'wb') as file:
        file.write(gzip.compress(json.dumps(value, ensure_ascii=True, separators=(',', ':')).encode(), mtime=0))


def ids_of(name, given):
    made = Tokenizer.from_file(os.path.join(here, f'{name}.json'))
    return [made.encode(text, add_special_tokens=False).ids for text in given]


if __name__ == '__main__':
    if sys.argv[1] == '--ids':
        with gzip.open(os.path.join(here, 'ids.json.gz')) as file:
            given = json.load(file)['texts']
        print(json.dumps({name: ids_of(name, given) for name in names}))
        sys.exit()
    corpus = conversations(sys.argv[1])
    given = texts()
    for name in names:
        made = globals()[name](corpus)
        document = json.loads(made.to_str())
        with open(os.path.join(here, f'{name}.json'), 'w') as file:
            json.dump(document, file, ensure_ascii=False, separators=(',', ':'))
    asked = chats(corpus, given)
    masks = []
    for name, prompt in pairings:
        made = Tokenizer.from_file(os.path.join(here, f'{name}.json'))
        masks.append({'tokenizer': name, 'tokens': prompt, 'masks': [mask_of(made, prompts[prompt], chat['input']) for chat in asked]})
    zipped('masks.json.gz', {'chats': asked, 'masks': masks})
    zipped('ids.json.gz', {'tokenizers': tokenizers.__version__, 'texts': given, 'ids': {name: ids_of(name, given) for name in names}})
