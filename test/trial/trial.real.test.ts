import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../support/temporary.js'
import { countCorpus } from './corpus.js'
import { trial } from './trial.js'

const human = (value: string) => ({ from: 'human', value })
const gpt = (value: string) => ({ from: 'gpt', value })

test('a small, torn corpus: every conversation and turn comes to one end', async () => {
  const conversations = [
    [human('q {"'), gpt('a \\ }')],
    [human('q {"'), gpt('a \\ }'), human('more'), gpt('b')],
    [human('alone')],
    [],
    [human('q'), gpt('')],
    [human('q <extra_id_1>'), gpt('a')],
    [gpt('never asked'), gpt('anything')],
  ].map((turns, id) => ({ id: `c${id}`, conversations: turns }))
  const path = join(await temporaryFolder(), 'corpus.json')
  await writeFile(path, JSON.stringify(conversations, null, 2).slice(0, -3))
  expect(await countCorpus(path)).toEqual({ conversations: 6, turns: 11, torn: true })

  const { ingest, run, account } = await trial(path, () => undefined)
  expect([ingest.code, run.code], run.stderr).toEqual([1, 0])
  expect(account.unclear).toEqual([])
  expect(account.ends.reduce((sum, { records }) => sum + records, 0)).toBe(6)
  expect(account.ends.reduce((sum, { turns }) => sum + turns, 0)).toBe(11)
  const ends = Object.fromEntries(account.ends.map(({ end, records, turns }) => [end, [records, turns]]))
  expect(ends).toMatchObject({
    scored: [1, 4],
    'left out: repeat': [1, 2],
    'left out: empty-answer': [1, 2],
    'left out: control-token': [1, 2],
  })
  expect(run.anonymous).toBeGreaterThan(1e7)
})
