import { join } from 'node:path'
import { expect, it } from 'vitest'
import { main } from '../../../src/cli/program.js'
import { openSnapshots } from '../../../src/adapters/snapshot/snapshots.js'
import { describeWith } from '../../support/parts/describe-with.js'
import { askReaders } from '../../support/python/datasets.js'
import { seal } from '../../support/sealed.js'
import { temporaryFolder } from '../../support/temporary.js'
import { conversation } from '../../support/training.js'

const describeReaders = await describeWith('python-datasets')
describeReaders('Python reads an export', () => {
  it('in every format, with the types that its card names', async () => {
    const root = await temporaryFolder()
    const records = ['a', 'b', 'c'].map(id => conversation(id, { split: id === 'c' ? 'validation' : 'train' }))
    await (await openSnapshots({ root })).materialise('d', await seal(root, [records]))
    const formats = ['steerlm', 'regression', 'messages', 'sharegpt']
    for (const format of formats) {
      const argv = ['datasets', 'export', 'd', '--format', format, '--output', join(root, format), '--data-dir', root]
      expect(await main(argv, { out: () => {}, err: () => {} })).toBe(0)
    }
    const answers = await askReaders(root, [
      ...formats.map(format => ['hugging_face', join(root, format)] as const),
      ['hugging_face_types', join(root, 'regression')],
    ])
    const [steerlm, regression, messages, sharegpt] = answers.map(answer => (answer as { ok: unknown }).ok)
    const reply = { value: 'text of a', from: 'Assistant', label: 'quality:4,lang:en', lang: null, gt_label: null }
    const question = { value: 'Why?', from: 'User', label: null, lang: null, gt_label: null }
    const turns = [question, reply]
    expect(steerlm).toMatchObject({
      train: [{ conversations: turns, tree_id: 'tree-of-a', system: 'S', mask: 'User', type: 'VALUE_TO_TEXT' }, {}],
      validation: [{ tree_id: 'tree-of-c' }],
    })
    expect(regression).toMatchObject({
      train: [{ label: [4, -100, -100, -100, -100, -100, -100, -100, -100] }, {}],
      validation: [{ text: expect.stringMatching(/Assistant\ntext of c\n<extra_id_2>$/) as string }],
    })
    expect(messages).toMatchObject({
      train: [
        {
          messages: [
            { role: 'system', content: 'S\nquality:4,lang:en' },
            { role: 'user', content: 'Why?' },
            { role: 'assistant', content: 'text of a' },
          ],
        },
        {},
      ],
    })
    expect(sharegpt).toMatchObject({
      validation: [
        {
          conversations: [
            { from: 'human', value: 'Why?' },
            { from: 'gpt', value: 'text of c' },
          ],
          system: 'S\nquality:4,lang:en',
        },
      ],
    })
    expect((answers.at(-1) as { ok: { train: string } }).ok.train).toMatch(/'label': List\(Value\('float64'\)\)/)
  })
})
