import { expect, test } from 'vitest'
import { torn } from '../../../src/adapters/files/torn.js'

test('the command that checks a damaged file can be copied, whatever the file is called', () => {
  expect(torn('./t;touch hacked.jsonl.gz', 'damaged').next).toContain("(gzip -t './t;touch hacked.jsonl.gz' checks it)")
  expect(torn('-', 'damaged').next).not.toContain('gzip')
})
