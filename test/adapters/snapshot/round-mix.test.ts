import fc from 'fast-check'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openSnapshots, type SnapshotOptions } from '../../../src/adapters/snapshot/snapshots.js'
import { sha256 } from '../../../src/domain/digest.js'
import type { Conversation } from '../../../src/domain/conversation.js'
import type { RoundPlan } from '../../../src/domain/bootstrap/round-plan.js'
import type { Snapshot } from '../../../src/domain/job.js'
import { answer, roundOver } from '../../support/rounds.js'
import { seal } from '../../support/sealed.js'
import { temporaryFolder } from '../../support/temporary.js'
import { conversation } from '../../support/training.js'

const dataset = 'bootstrap-loop-1'

/** The training data of a round: so many records of train and of validation, their ids from both ends of the order. */
const originals = (train: number, validation: number): Conversation[] => [
  ...Array.from({ length: train }, (_, index) => conversation(`${sha256(String(index)).slice(0, 8)}-o`)),
  ...Array.from({ length: validation }, (_, index) =>
    conversation(`${sha256(`v${index}`).slice(0, 8)}-v`, { split: 'validation' }),
  ),
]

const answers = (count: number, kept: 'accepted' | 'negative' = 'accepted'): Conversation[] =>
  Array.from({ length: count }, (_, index) => answer(`${sha256(`${kept}${index}`).slice(0, 8)}-${kept}`, { kept }))

interface Given {
  readonly pinned: readonly Conversation[]
  readonly answers: readonly (readonly Conversation[])[]
  readonly plan?: Parameters<typeof RoundPlan.parse>[0]
  readonly every?: number
  readonly options?: Partial<SnapshotOptions>
}

async function mix({ pinned, answers, plan, every, options = {} }: Given) {
  const root = await temporaryFolder()
  const plain = await openSnapshots({ root, now: () => 0 })
  const from = await plain.materialise('steerlm', await seal(root, [pinned]))
  const roundOf = async (name: string) => (name === dataset ? roundOver(from, plan) : null)
  const snapshots = await openSnapshots({ root, sortBytes: 8000, now: () => 0, roundOf, ...options })
  const snapshot = await snapshots.materialise(dataset, await seal(root, answers, every))
  return { root, from, snapshot, ...(await contentOf(root, snapshot)) }
}

async function contentOf(root: string, snapshot: Snapshot) {
  const read = (name: string) => readFile(join(root, snapshot.path, name), 'utf8')
  const records = async (name: string) =>
    (await read(name))
      .split('\n')
      .filter(Boolean)
      .map(line => JSON.parse(line) as Conversation)
  const manifest = JSON.parse(await read('manifest.json')) as {
    left_out: Record<string, number>
    round: Record<string, unknown>
  }
  return {
    train: await records('train.jsonl'),
    validation: await records('validation.jsonl'),
    bytes: [await read('train.jsonl'), await read('validation.jsonl'), await read('README.md')],
    manifest,
    card: await read('README.md'),
  }
}

const idsOf = (records: readonly Conversation[]): string[] => records.map(record => record.steerflow.id)
const isAnswer = ({ steerflow }: Conversation): boolean => steerflow.bootstrap !== undefined

describe('the snapshot of a round', () => {
  it('holds its answers, as many replayed records, and the validation records of the training snapshot', async () => {
    const pinned = originals(50, 5)
    const { root, from, snapshot, train, validation, manifest, card } = await mix({ pinned, answers: [answers(12)] })
    expect(snapshot).toMatchObject({ dataset, train: 24, validation: 5, attribute_set: 'oasst-12-lang@1' })
    expect(idsOf(train)).toEqual(idsOf(train).toSorted())
    expect(idsOf(train.filter(isAnswer))).toEqual(idsOf(answers(12)).sort())
    expect(validation).toEqual(pinned.slice(50).sort((a, b) => (a.steerflow.id < b.steerflow.id ? -1 : 1)))
    expect(await readFile(join(root, from.path, 'validation.jsonl'))).toEqual(
      await readFile(join(root, snapshot.path, 'validation.jsonl')),
    )
    expect(manifest.round).toEqual({
      round: 'loop-1',
      accepted: 12,
      negatives: 0,
      replayed: 12,
      replayed_from: from.digest,
    })
    expect(card).toContain('Bootstrap round `loop-1`')
    expect(card).toContain(`| replayed from snapshot \`${from.digest}\` | 12 |`)
    expect(card).toMatch(/name: bootstrap\n/)
  })

  it('leaves out near-duplicates of answers before, to whatever prompt, and counts them', async () => {
    const text = Array.from({ length: 40 }, (_, index) => `word${index}`).join(' ')
    const { train, manifest } = await mix({
      pinned: originals(1, 1),
      answers: [
        [answer('c', { text: `${text} again` }), answer('a', { text }), answer('b', { text: 'Something else.' })],
        [answer('d', { text: text.toUpperCase() }), answer('e', { text: 'something  else. ', kept: 'negative' })],
      ],
      plan: { mix: { replay: 0 } },
    })
    expect(idsOf(train)).toEqual(['a', 'b'])
    expect(manifest.left_out).toMatchObject({ near_duplicates: 3, negatives: 0, held_out: 0, duplicates: 0 })
    const all = await mix({
      pinned: originals(1, 1),
      answers: [[answer('c', { text: `${text} again` }), answer('a', { text })]],
      plan: { mix: { replay: 0 }, gate: { similarity: 1 } },
    })
    expect(idsOf(all.train)).toEqual(['a', 'c'])
  })

  it('has no more negatives than their share, drawn by the seed', async () => {
    const given = { pinned: originals(1, 1), answers: [[...answers(8), ...answers(6, 'negative')]] }
    const negativesOf = async (seed: number) => {
      const { train, manifest } = await mix({ ...given, plan: { seed, mix: { replay: 0, negatives: 0.2 } } })
      expect(manifest.round).toMatchObject({ accepted: 8, negatives: 2 })
      expect(manifest.left_out).toMatchObject({ negatives: 4 })
      return idsOf(train.filter(({ steerflow }) => steerflow.bootstrap?.kept === 'negative'))
    }
    const drawn = await Promise.all(Array.from({ length: 5 }, (_, seed) => negativesOf(seed)))
    expect(drawn.map(ids => ids.length)).toEqual([2, 2, 2, 2, 2])
    expect(await negativesOf(0)).toEqual(drawn[0])
    expect(new Set(drawn.map(ids => ids.join())).size).toBeGreaterThan(1)
  })

  it('replays no more than there is, and never what is an answer or held out', async () => {
    const pinned = [...originals(3, 1), conversation('same'), conversation('held', { split: 'validation' })]
    const { train, validation, manifest } = await mix({
      pinned,
      answers: [[...answers(9), answer('same'), answer('held')]],
    })
    expect(manifest.round).toMatchObject({ accepted: 10, replayed: 3 })
    expect(manifest.left_out).toMatchObject({ held_out: 1 })
    expect(train.find(({ steerflow }) => steerflow.id === 'same')?.steerflow.origin).toBe('bootstrap')
    expect(idsOf(train)).not.toContain('held')
    expect(idsOf(validation)).toContain('held')
    expect(new Set(idsOf(train)).size).toBe(13)
  })

  it('leaves out forgotten trees everywhere, those of the training data too', async () => {
    const gone = { tree: 'gone' }
    const pinned = [
      ...originals(4, 1),
      conversation('t', gone),
      conversation('v', { ...gone, split: 'validation' }),
      conversation('w', { tree: 'of steerlm', split: 'validation' }),
    ]
    const forgotten = async (name: string) => new Set(name === dataset ? ['gone'] : ['of steerlm'])
    const { train, validation, manifest } = await mix({
      pinned,
      answers: [[...answers(9), answer('x', gone)]],
      options: { forgotten },
    })
    expect(manifest.left_out).toMatchObject({ forgotten: 1 })
    expect(manifest.round).toMatchObject({ accepted: 9, replayed: 4 })
    expect([...train, ...validation].filter(({ tree_id }) => ['gone', 'of steerlm'].includes(tree_id))).toEqual([])
  })

  it('is there without an answer, too', async () => {
    const { snapshot, manifest } = await mix({ pinned: originals(3, 2), answers: [answers(2, 'negative')] })
    expect(snapshot).toMatchObject({ train: 0, validation: 2 })
    expect(manifest.left_out).toMatchObject({ negatives: 2 })
    expect((await mix({ pinned: originals(3, 2), answers: [] })).snapshot).toEqual(snapshot)
  })

  it('needs the training snapshot as it was, and answers of a round', async () => {
    const wrong = mix({ pinned: originals(3, 2), answers: [[conversation('a')]] })
    await expect(wrong).rejects.toMatchObject({
      code: 'STEERFLOW_STORAGE',
      message: 'record a is not an answer of a round',
    })
    const gone = async () =>
      roundOver({ ...(await mix({ pinned: originals(1, 1), answers: [] })).from, digest: 'f'.repeat(64) })
    await expect(mix({ pinned: [], answers: [], options: { roundOf: gone } })).rejects.toMatchObject({
      code: 'STEERFLOW_STORAGE',
    })
  })

  it('is a function of the records, however they were cut, interleaved and repeated', async () => {
    const text = (index: number) => `an answer that was given more than once, namely as number ${index % 7}`
    const sealed = [
      ...answers(10),
      ...answers(10, 'negative'),
      ...Array.from({ length: 12 }, (_, index) => answer(`${sha256(`t${index}`)}`, { text: text(index) })),
    ]
    const pinned = originals(40, 4)
    const first = await mix({ pinned, answers: [sealed], options: { sortBytes: 1 << 20 } })
    expect(first.manifest.left_out).toMatchObject({ near_duplicates: 5 })
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(sealed, { minLength: sealed.length }),
        fc.subarray(sealed),
        fc.integer({ min: 1, max: 30 }),
        async (shuffled, again, every) => {
          const border = again.length
          const partitions = [shuffled.slice(0, border), [...shuffled.slice(border), ...again]]
          const made = await mix({ pinned, answers: partitions, every })
          expect(made.snapshot).toEqual(first.snapshot)
          expect(made.bytes).toEqual(first.bytes)
          expect(made.manifest.round).toEqual(first.manifest.round)
          expect(made.manifest.left_out).toEqual({ ...first.manifest.left_out, duplicates: again.length })
        },
      ),
      { numRuns: 5 },
    )
  })

  it('keeps to the shares within one record', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 25 }),
        fc.nat(12),
        fc.constantFrom(0, 0.1, 0.25, 0.5, 0.6),
        fc.constantFrom(0, 0.2, 0.5),
        async (accepted, negative, replay, negatives) => {
          const { train, manifest } = await mix({
            pinned: originals(80, 1),
            answers: [[...answers(accepted), ...answers(negative, 'negative')]],
            plan: { mix: { replay, negatives } },
          })
          const kept = train.filter(isAnswer)
          const own = kept.filter(({ steerflow }) => steerflow.bootstrap?.kept === 'negative').length
          expect(own).toBeLessThanOrEqual(negatives * kept.length + 1e-9)
          if (own < negative) expect(own + 1).toBeGreaterThan(negatives * (kept.length + 1) - 1e-9)
          expect(Math.abs(train.length - kept.length - replay * train.length)).toBeLessThanOrEqual(1)
          expect(manifest.round).toMatchObject({ accepted, negatives: own, replayed: train.length - kept.length })
        },
      ),
      { numRuns: 10 },
    )
  })
})
