import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NearIndex } from '../../src/domain/near-duplicates/near-index.js'
import { type Figure, paired } from '../figure.js'
import { pythonBench } from '../python.js'
import { sized } from '../sizes.js'
import { texts } from './near-texts.js'

const indexed = sized(10_000, 200)
const asked = sized(2_000, 100)
const rounds = sized(5, 1)
const version = '2.0.0'

/** The same with datasketch as its documentation shows it: candidates of the LSH index, then the nearest by their MinHash. */
const program = `
import json, sys, time
from datasketch import MinHash, MinHashLSH

def minhash(text):
    words = text.split()
    m = MinHash(num_perm=128)
    m.update_batch([' '.join(words[i:i + 5]).encode() for i in range(len(words) - 4)])
    return m

with open(sys.argv[1]) as f:
    given = json.load(f)
lsh = MinHashLSH(threshold=0.8, num_perm=128)
kept = {}
for at, text in enumerate(given['indexed']):
    kept[at] = minhash(text)
    lsh.insert(at, kept[at])
print('ready', flush=True)
for _ in sys.stdin:
    started = time.perf_counter()
    found = 0
    for text in given['asked']:
        m = minhash(text)
        found += max((m.jaccard(kept[key]) for key in lsh.query(m)), default=0) >= 0.8
    seconds = time.perf_counter() - started
    assert 0.3 < found / len(given['asked']) < 0.6, found
    print(seconds, flush=True)
`

/** Look-ups of texts a second, to those of Python's datasketch with its usual 128 components on the same texts. */
export async function nearPeer(): Promise<Figure[]> {
  const source = texts(2)
  const index = new NearIndex()
  const all = Array.from({ length: indexed }, () => source.words())
  for (const [at, words] of all.entries()) index.add(String(at), words.join(' '))
  const questions = all.slice(0, asked / 2).flatMap(words => [source.edited(words).join(' '), source.words().join(' ')])
  const folder = await mkdtemp(join(tmpdir(), 'steerflow-bench-'))
  try {
    const path = join(folder, 'texts.json')
    await writeFile(path, JSON.stringify({ indexed: all.map(words => words.join(' ')), asked: questions }))
    const peer = await pythonBench(program, [path], 'datasketch', version).catch((error: unknown) => {
      process.stderr.write(`    datasketch cannot be had: ${String(error)}\n`)
      return null
    })
    if (peer === null) return []
    const ours = async (): Promise<number> => {
      const started = performance.now()
      for (const question of questions) index.nearest(question)
      return (questions.length * 1000) / (performance.now() - started)
    }
    const theirs = async (): Promise<number> => questions.length / (await peer.seconds())
    const name = `near-duplicate look-ups with ${indexed.toLocaleString('en')} indexed`
    const ratio = await paired(name, null, `datasketch ${version}, 128 components`, rounds, ours, theirs)
    await peer.close()
    return [ratio]
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
