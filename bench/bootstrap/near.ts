import { NearIndex } from '../../src/domain/near-duplicates/near-index.js'
import { type Signature, signature } from '../../src/domain/near-duplicates/signature.js'
import { type Figure, figure, paired } from '../figure.js'
import { sized } from '../sizes.js'
import { texts } from './near-texts.js'

const few = sized(10_000, 200)
const many = sized(1_000_000, 1_000)
/** Texts that are looked up in a round, half of them near-duplicates of texts that both indexes hold. */
const asked = sized(4_000, 100)
const rounds = sized(7, 1)

/** Look-ups a second, in turn over what is asked. */
function lookUps<T extends string | Signature>(index: NearIndex, questions: readonly T[]): () => Promise<number> {
  return async () => {
    const started = performance.now()
    let found = 0
    for (const question of questions) if (index.nearest(question) !== null) found++
    const seconds = (performance.now() - started) / 1000
    // Far from it, the index would be measured at something else than its work.
    if (found < questions.length * 0.4 || found > questions.length * 0.6) throw new Error(`${found} were found`)
    return questions.length / seconds
  }
}

/**
 * Look-ups of near-duplicates with a million texts indexed, to those with ten thousand: of texts as they come (normalising,
 * shingles and signature included) and, harder, of signatures that are there already. The million are real texts of 60
 * words, each signed and added; the ten thousand are the first of them.
 */
export async function near(): Promise<Figure[]> {
  const source = texts(1)
  const small = new NearIndex()
  const large = new NearIndex()
  const started = performance.now()
  const questions: string[] = []
  for (let at = 0; at < many; at++) {
    const words = source.words()
    const own = signature(words.join(' '))
    // An id as records have it: 64 digits and a turn.
    const id = `${at.toString(16).padStart(64, '0')}:1`
    large.add(id, own)
    if (at >= few) continue
    small.add(id, own)
    if (at % (few / (asked / 2)) === 0) questions.push(source.edited(words).join(' '), source.words().join(' '))
  }
  const seconds = (performance.now() - started) / 1000
  const signatures = questions.map(signature)
  const reference = `the same with ${few.toLocaleString('en')}`
  const name = `near-duplicate look-ups with ${many.toLocaleString('en')} indexed`
  const rates: number[] = []
  const counted = lookUps(large, questions)
  const ours = async (): Promise<number> => {
    const rate = await counted()
    rates.push(rate)
    return rate
  }
  return [
    await paired(`${name}, texts`, 0.5, reference, rounds, ours, lookUps(small, questions)),
    await paired(
      `${name}, signatures`,
      null,
      reference,
      rounds,
      lookUps(large, signatures),
      lookUps(small, signatures),
    ),
    figure(name, null, 'none', 'look-ups/s', rates.slice(1)),
    figure('building the index, texts made included', null, 'none', 'texts/s', [many / seconds]),
    figure('memory of the index', null, 'none', 'bytes/text', [large.bytes / large.size]),
  ]
}
