import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { openMasker } from '../src/adapters/tokenizer/open-masker.js'
import type { ConversationType } from '../src/domain/conversation.js'
import type { MaskInput } from '../src/domain/mask/input.js'
import { render } from '../src/domain/mask/render.js'
import { extraIdTokens } from '../src/domain/prompt-tokens.js'
import { preprocessed } from '../test/support/preprocessed.js'
import { type Figure, paired } from './figure.js'
import type { Part } from './parts.js'
import { pythonBench } from './python.js'
import { sized } from './sizes.js'

const model = 'examples/data/tokenizer.model.v1'
const rounds = sized(5, 1)

/** Encodes every text of a JSON file, one after another, in one thread; loading is not counted. */
const pythonEncodes = `
import json, sys, time, sentencepiece
processor = sentencepiece.SentencePieceProcessor(model_file=sys.argv[1])
texts = json.load(open(sys.argv[2], encoding='utf-8'))
print('ready', flush=True)
for _ in sys.stdin:
    start = time.perf_counter()
    for text in texts:
        processor.encode_as_ids(text)
    print(time.perf_counter() - start, flush=True)
`

/**
 * How fast first learnt tokens are found, against Python's SentencePiece encoding the same conversations' full texts once
 * in one thread, which is the least that the original does. Ours uses every core. Every conversation comes once a round, in
 * the order of the file, with nothing remembered from the round before: what is remembered is what the paths of a tree
 * share and what words recur. Starting and loading are not counted on either side. The third figure shows what is left when
 * no turns are shared: of every tree one path only.
 */
async function clean(): Promise<Figure[]> {
  const labelled = await corpus('TEXT_TO_VALUE')
  const unscored = await corpus('VALUE_TO_TEXT')
  return [
    await against('clean, attribute lines learnt', 1, labelled),
    await against('clean, texts learnt', 1, unscored),
    await against('clean, one path a tree', null, onePathATree([...labelled, ...unscored])),
  ]
}

type Entry = MaskInput & { readonly tree_id: string }

async function corpus(type: ConversationType): Promise<Entry[]> {
  const files = await preprocessed(type)
  try {
    const texts = await Promise.all([files.train, files.val].map(file => readFile(file, 'utf8')))
    return texts
      .flatMap(text => text.trimEnd().split('\n'))
      .map(line => JSON.parse(line) as Entry)
      .slice(0, sized(Infinity, 40))
  } finally {
    await files.remove()
  }
}

const onePathATree = (records: readonly Entry[]): Entry[] => [
  ...new Map(records.map(record => [`${record.tree_id} ${record.type}`, record])).values(),
]

async function against(name: string, goal: number | null, records: readonly Entry[]): Promise<Figure> {
  const folder = await mkdtemp(join(tmpdir(), 'steerflow-bench-'))
  try {
    const texts = records.map(record => {
      const { header, turns, tail } = render(record, extraIdTokens)
      return header + turns.map(turn => turn.text).join('') + tail
    })
    await writeFile(join(folder, 'texts.json'), JSON.stringify(texts))
    const python = await pythonBench(pythonEncodes, [model, join(folder, 'texts.json')], 'sentencepiece', '0.2.1')
    const reference = 'Python SentencePiece 0.2.1 encoding the same conversations in one thread'
    const ours = async () => records.length / (await oursSeconds(records))
    const theirs = async () => records.length / (await python.seconds())
    const measured = await paired(name, goal, reference, rounds, ours, theirs)
    await python.close()
    return measured
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Seconds for all records with fresh threads, warmed on the same records in cipher: nothing of use is remembered. */
async function oursSeconds(records: readonly Entry[]): Promise<number> {
  const masker = await openMasker({ model, tokens: extraIdTokens, threads: availableParallelism() })
  const run = (inputs: readonly MaskInput[]) => Promise.all(inputs.map(input => masker.firstLearnt(input)))
  try {
    await run(records.map(inCipher))
    const start = performance.now()
    await run(records)
    return (performance.now() - start) / 1000
  } finally {
    await masker.close()
  }
}

/** Words of the same lengths, but others: every letter and digit moved on by a third of its alphabet. */
const cipher = (text: string): string =>
  text
    .replace(/[a-z]/gi, letter =>
      String.fromCharCode((letter.charCodeAt(0) & 0x60) + (((letter.charCodeAt(0) & 0x1f) + 8) % 26) + 1),
    )
    .replace(/\d/g, digit => `${(Number(digit) + 3) % 10}`)

const inCipher = (record: Entry): MaskInput => ({
  ...record,
  system: cipher(record.system),
  conversations: record.conversations.map(turn => ({
    from: turn.from,
    value: cipher(turn.value),
    label: typeof turn.label === 'string' ? cipher(turn.label) : null,
  })),
})

export const about = 'How fast first learnt tokens are found, to Python SentencePiece.'
export const parts: Readonly<Record<string, Part>> = { clean }
