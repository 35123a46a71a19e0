import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openLog } from '../../../src/adapters/log/open.js'
import { localFolder } from '../../../src/adapters/storage/local-folder.js'
import { collectGarbage } from '../../../src/cli/training/collect-garbage.js'
import { pipeline } from '../../../src/pipeline.js'
import { offset } from '../../../src/runtime/log.js'
import { topicSpecs } from '../../../src/topics.js'
import { temporary } from '../../support/pipelines.js'

const labelled = 'conversations.labelled-clean'

it('judges each file as it is listed: of a list without end nothing is gathered', async () => {
  const root = temporary()
  const log = await openLog(root)
  await log.ensure(topicSpecs)
  await log.publish([{ topic: labelled, key: null, value: Buffer.from('{}'), partition: 0 }])
  const claim = await log.claim('seal-labelled', labelled, 0)
  await claim.commit(claim.committed, offset(1), [])

  let listed = 0
  const removed: string[] = []
  const files = {
    ...localFolder(join(root, 'store')),
    list: async function* () {
      for (;;) {
        const name = `shards/d/train/${labelled}-0-0-${(listed++).toString(16).padStart(16, '0')}.jsonl`
        yield { name, bytes: 1, modified: 0 }
      }
    },
    remove: async (name: string) => void removed.push(name),
  }
  const seals = pipeline.filter(({ stage }) => stage.kind === 'closing')
  let found = 0
  for await (const { why } of collectGarbage({
    log,
    files,
    seals,
    triggers: ['trigger'],
    older: false,
    dryRun: false,
  })) {
    expect(why).toBe('no manifest')
    expect(listed).toBe(++found)
    if (found === 1000) break
  }
  expect(removed).toHaveLength(1000)
  await log.close()
})
