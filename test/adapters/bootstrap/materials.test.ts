import { appendFile, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type MaterialsOptions, openMaterials } from '../../../src/adapters/bootstrap/materials.js'
import { openSnapshots } from '../../../src/adapters/snapshot/snapshots.js'
import { openSpool } from '../../../src/adapters/storage/spool.js'
import { attributeSets } from '../../../src/domain/attributes.js'
import { RoundPlan } from '../../../src/domain/bootstrap/round-plan.js'
import type { Round } from '../../../src/domain/bootstrap/round.js'
import type { Conversation, Turn } from '../../../src/domain/conversation.js'
import { digest } from '../../../src/domain/digest.js'
import { steeringLabel } from '../../../src/domain/steering.js'
import { roundEvent } from '../../support/rounds.js'
import { seal } from '../../support/sealed.js'
import { temporaryFolder } from '../../support/temporary.js'
import { conversation } from '../../support/training.js'

const set = attributeSets['oasst-12@1']
/** A whole attribute line of that quality, and humor. */
const line = (quality: number, humor = 0) => steeringLabel(set, { quality, humor })

/** A training record: what the user says, then what the assistant answers, and so on, with their labels. */
function record(split: 'train' | 'validation', ...turns: (string | [string, string])[]): Conversation {
  const conversations = turns.map((turn, index): Turn => {
    const [value, label] = typeof turn === 'string' ? [turn, line(2)] : turn
    return { value, from: index % 2 === 0 ? 'User' : 'Assistant', label }
  })
  const id = digest(...conversations.map(({ value }) => value))
  return { ...conversation(id, { split, attribute_set: set.name }), conversations }
}
const train = (...turns: (string | [string, string])[]) => record('train', ...turns)
const validation = (...turns: (string | [string, string])[]) => record('validation', ...turns)

async function folderWith(...records: Conversation[]) {
  const root = await temporaryFolder()
  const add = async (more: Conversation[]) => {
    const manifests = await seal(root, [more])
    return (await openSnapshots({ root })).materialise('steerlm', manifests)
  }
  return { root, snapshot: await add(records), add }
}

const open = async (root: string, given: Partial<MaterialsOptions> = {}) =>
  openMaterials({
    root,
    spool: await openSpool(root),
    dataset: 'steerlm',
    attributeSet: () => set,
    valueModel: async () => ({ digest: 'judge', attributeSet: set.name }),
    policy: async () => ({ model: 'external', digest: 'external' }),
    ...given,
  })

type Plan = Parameters<typeof RoundPlan.parse>[0]
const request = (plan: Plan = {}, given: Parameters<typeof roundEvent>[1] = {}) =>
  roundEvent('requested', { purpose: 'train', plan: RoundPlan.parse(plan), ...given })

/** Opens a round and reads all of its prompts. */
async function made(root: string, plan: Plan = {}, given: Partial<MaterialsOptions> = {}) {
  const materials = await open(root, given)
  const round = await materials.open(request(plan))
  return { materials, round, prompts: await materials.prompts(round, 0, 1000) }
}
const asked = ({ prompts }: Awaited<ReturnType<typeof made>>) =>
  prompts.map(({ turns }) => turns.map(({ value }) => value).join(' > ')).sort()

const refused = (message: string) =>
  expect.objectContaining({
    code: 'STEERFLOW_ROUND_INVALID',
    message: expect.stringContaining(message) as string,
  }) as Error

describe('what a round is made of', () => {
  it('is fixed by the latest snapshot, the active model and the plan', async () => {
    const { root, snapshot } = await folderWith(train('Why?', ['So.', line(3)]), validation('When?', 'Now.'))
    const { round, prompts } = await made(root, { seed: 7 })
    expect(round).toMatchObject({
      ...{ round: 'loop-1', loop: 'loop', number: 1, purpose: 'train' },
      policy: { model: 'external', digest: 'external' },
      value_model: 'judge',
      attribute_set: set.name,
      snapshot,
      labels: [line(3)],
      prompts: { count: 1 },
      plan: RoundPlan.parse({ seed: 7 }),
    })
    expect(prompts).toMatchObject([
      {
        ...{ round: 'loop-1', index: 0, of: 1, system: 'S', mask: 'User', speaker: 'Assistant' },
        label: line(3),
        turns: [{ value: 'Why?', label: line(2) }],
        reference: 'So.',
        lineage: { source: 'file', line: 1 },
      },
    ])
  })

  it('a request may name the model that is sampled', async () => {
    const { root } = await folderWith(train('Why?', 'So.'))
    const policy = { model: 'm', digest: 'd' }
    expect((await (await open(root)).open(request({}, { policy }))).policy).toEqual(policy)
  })

  it('nothing is asked of a tree that is to be forgotten, nor a line that only it has', async () => {
    const gone = train('Who?', ['You.', line(4)])
    const { root } = await folderWith(gone, train('Why?', ['So.', line(3)]))
    const kept = await made(root, {}, { forgotten: async () => new Set([gone.tree_id]) })
    expect(asked(kept)).toEqual(['Why?'])
    expect(kept.round.labels).toEqual([line(3)])
  })

  it('first turns or every context are asked, each once, with the first answer as reference', async () => {
    const { root } = await folderWith(train('Why?', 'So.', 'And?', 'Too.'), train('Why?', 'Because.'), train('How?'))
    const first = await made(root)
    expect(asked(first)).toEqual(['Why?'])
    await rm(join(root, 'bootstrap'), { recursive: true })
    const all = await made(root, { prompts: { from: 'contexts' } })
    expect(asked(all)).toEqual(['Why?', 'Why? > So. > And?'])
    const lines = (await readFile(join(root, all.round.snapshot.path, 'train.jsonl'), 'utf8')).split('\n')
    const firstAnswer = lines.map(text => /Because|So/.exec(text)?.[0]).find(Boolean)
    expect(all.prompts.find(({ turns }) => turns.length === 1)!.reference).toContain(firstAnswer)
  })

  it('no prompt of a validation record is sampled, however it got into the training data', async () => {
    const { root } = await folderWith(
      train('Why?', 'So.'),
      train('How do bees see?', 'With eyes.'),
      train('how do bees  SEE?', 'By light.'),
      train('Do they?', 'Yes.', 'How do bees see?', 'With eyes.'),
      validation('How do bees see?', 'They have eyes.'),
    )
    expect(asked(await made(root, { prompts: { from: 'contexts' } }))).toEqual(['Do they?', 'Why?'])
  })

  it('nor one of an evaluation file', async () => {
    const { root } = await folderWith(train('Why?', 'So.'), train('When?', 'Now.'), train('Who?', 'I.'))
    const exclude = join(root, 'evaluation.jsonl')
    const thread = { conversations: [{ from: 'human', value: 'Who?' }] }
    await writeFile(exclude, `{"prompt":"when?"}\n\n${JSON.stringify(thread)}\n`)
    expect(asked(await made(root, { prompts: { exclude } }))).toEqual(['Why?'])
  })

  it('prompts may come from a file, with the same exclusions', async () => {
    const { root } = await folderWith(train('Why?', ['So.', line(4)]), validation('When?', 'Now.'))
    const file = join(root, 'prompts.jsonl')
    const thread = {
      conversations: [
        { from: 'User', value: 'Who?' },
        { from: 'Assistant', value: 'I.' },
      ],
      tree_id: 't',
    }
    await writeFile(file, `{"prompt":"What?"}\n{"prompt":"When?"}\n${JSON.stringify(thread)}\n{"prompt":"What?"}\n`)
    const { prompts, ...rest } = await made(root, { prompts: { from: 'file', file } })
    expect(asked({ prompts, ...rest })).toEqual(['What?', 'Who?'])
    expect(prompts[0]).toMatchObject({ reference: null, lineage: { line: 1 }, label: line(4) })
    expect(prompts[1]).toMatchObject({ reference: 'I.', lineage: { line: 3 }, tree_id: 't', speaker: 'Assistant' })
  })

  it('so many prompts as the plan says are drawn, by its seed', async () => {
    const { root } = await folderWith(...Array.from({ length: 40 }, (_, i) => train(`Why ${i}?`, 'So.')))
    const draws = new Map<number, string[]>()
    for (const seed of [1, 2, 1]) {
      await rm(join(root, 'bootstrap'), { recursive: true, force: true })
      const drawn = await made(root, { seed, prompts: { count: 10 } })
      expect(drawn.round.prompts.count).toBe(10)
      expect(drawn.prompts.map(({ index, of }) => [index, of])).toEqual(drawn.prompts.map((_, i) => [i, 10]))
      if (draws.has(seed)) expect(asked(drawn)).toEqual(draws.get(seed))
      draws.set(seed, asked(drawn))
    }
    expect(draws.get(1)).not.toEqual(draws.get(2))
  })

  it('the distinct best lines of answers are asked for, or the one that is wished', async () => {
    const { root } = await folderWith(
      ...[0, 1, 2, 1].map(humor => train(`Why ${humor}?`, [`So ${humor}.`, line(3, humor)])),
      ...Array.from({ length: 60 }, (_, i) => train([`How ${i}?`, line(4)], 'So.')),
    )
    const best = await made(root)
    expect(best.round.labels).toEqual([line(3, 0), line(3, 1), line(3, 2)])
    expect([...new Set(best.prompts.map(({ label }) => label))].sort()).toEqual(best.round.labels)
    await rm(join(root, 'bootstrap'), { recursive: true })
    const fixed = await made(root, { target: { mode: 'fixed', wishes: 'quality=4,humor=2' } })
    expect(fixed.round.labels).toEqual([line(4, 2)])
    expect(new Set(fixed.prompts.map(({ label }) => label))).toEqual(new Set(fixed.round.labels))
  })
})

describe('a round that cannot be made', () => {
  it('for want of a snapshot', async () => {
    await expect(made(await temporaryFolder())).rejects.toThrow(refused('dataset steerlm has no snapshot'))
  })

  it.each([
    ['a value model', { valueModel: async () => null }, 'no value model is active'],
    [
      'a value model of the labels of the data',
      { valueModel: async () => ({ digest: 'j', attributeSet: 'other@1' }) },
      `labelled with ${set.name}, and the value model predicts other@1`,
    ],
    ['the attribute set of the data', { attributeSet: () => attributeSets['helpsteer-5@1'] }, 'predicts helpsteer-5@1'],
  ])('for want of %s', async (_, given, message) => {
    const { root } = await folderWith(train('Why?', 'So.'))
    await expect(made(root, {}, given)).rejects.toThrow(refused(message))
  })

  it.each<[string, Plan, string]>([
    ['a prompt', {}, 'no prompt is left of the first-turns'],
    ['a line with the attribute', { target: { attribute: 'verbosity' } }, 'no answer in'],
    ['a line that can be asked for', { target: { mode: 'fixed', wishes: 'quality=9' } }, 'target.wishes: quality is 9'],
    ['a file of prompts', { prompts: { from: 'file', file: '/nowhere.jsonl' } }, '/nowhere.jsonl: '],
  ])('for want of %s', async (_, plan, message) => {
    const { root } = await folderWith(train('Why?', 'So.'), validation('Why?', 'Because.'))
    await expect(made(root, plan)).rejects.toThrow(refused(message))
    expect(await readdir(root)).not.toContain('bootstrap')
  })

  it('for a line that is no prompt: its number is named', async () => {
    const { root } = await folderWith(train('Why?', 'So.'))
    const file = join(root, 'prompts.jsonl')
    await writeFile(file, '{"prompt":"What?"}\n{"text":"Who?"}\n{"prompt":"When?"}\n')
    await expect(made(root, { prompts: { from: 'file', file } })).rejects.toThrow(refused('line 2: it is neither'))
  })
})

describe('a round that is opened again', () => {
  it('is what it was, whatever has changed since', async () => {
    const { root, add } = await folderWith(train('Why?', 'So.'))
    const { round, prompts } = await made(root)
    await add([train('How?', ['Thus.', line(4)])])
    const changed = { valueModel: async () => null, policy: () => Promise.reject(new Error('asked')) }
    const again = await made(root, { seed: 9, samples: 2 }, changed)
    expect(again.round).toEqual(round)
    expect(again.prompts).toEqual(prompts)
  })

  it('after a crash before it was decided, is made anew, and nothing of the first attempt is left', async () => {
    const { root, add } = await folderWith(train('Why?', 'So.'))
    const first = (await made(root)).round
    const folder = join(root, 'bootstrap', 'loop-1')
    await rm(join(folder, 'round.json'))
    const snapshot = await add([train('How?', 'Thus.')])
    const second = await made(root)
    expect(second.round).toMatchObject({ snapshot })
    expect(second.round.prompts.path).not.toBe(first.prompts.path)
    expect(asked(second)).toEqual(['How?'])
    const names = [second.round.prompts.path.split('/').at(-1), 'round.json']
    expect((await readdir(folder)).sort()).toEqual(names.sort())
  })

  it('by several at a time, is the same for all', async () => {
    const { root } = await folderWith(train('Why?', 'So.'), train('How?', 'Thus.'))
    const openers = await Promise.all([1, 2, 3, 4].map(seed => open(root).then(one => one.open(request({ seed })))))
    expect(new Set(openers.map(round => JSON.stringify(round))).size).toBe(1)
    const materials = await open(root)
    expect(await materials.prompts(openers[0]!, 0, 10)).toHaveLength(2)
  })
})

describe('the prompts of a round', () => {
  it('are read by ranges, in order', async () => {
    const count = 2500
    const root = await temporaryFolder()
    const file = join(root, 'prompts.jsonl')
    await writeFile(file, Array.from({ length: count }, (_, i) => `{"prompt":"Why ${i} – ü?"}\n`).join(''))
    await (await openSnapshots({ root })).materialise('steerlm', await seal(root, [[train('a', ['b', line(1)])]]))
    const { materials, round } = await made(root, { prompts: { from: 'file', file } })
    expect(round.prompts.count).toBe(count)
    for (const [from, size] of [
      [0, 1],
      [0, 1000],
      [999, 2],
      [1000, 1000],
      [990, 1020],
      [2499, 1],
      [2400, 500],
    ] as const) {
      const found = await materials.prompts(round, from, size)
      const expected = Array.from({ length: Math.min(size, count - from) }, (_, i) => from + i)
      expect(found.map(({ index }) => index)).toEqual(expected)
      expect(found.map(({ turns }) => turns[0]!.value)).toEqual(expected.map(i => `Why ${i} – ü?`))
    }
    expect(await materials.prompts(round, 2500, 10)).toEqual([])
  })

  it('are not read from a file that is not what the round was opened with', async () => {
    const { root } = await folderWith(train('Why?', 'So.'))
    const { round } = await made(root)
    const damaged = async (given: Round, work: () => Promise<unknown>) => {
      await work()
      const materials = await open(root)
      await expect(materials.prompts(given, 0, 1)).rejects.toMatchObject({ code: 'STEERFLOW_STORAGE' })
    }
    await damaged(round, () => appendFile(join(root, round.prompts.path), '{}\n'))
    await damaged(round, () => rm(join(root, round.prompts.path)))
  })
})
