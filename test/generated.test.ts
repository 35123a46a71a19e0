import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { generatedFiles } from '../scripts/generated-files.js'

const files = generatedFiles()

test.each([...files])('%s is what `npm run generate` writes', (path, text) => {
  expect(readFileSync(path, 'utf8')).toBe(text)
})

test.each(['schemas', 'topics'])('%s/ holds nothing else', folder => {
  const stray = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => `${entry.parentPath}/${entry.name}`)
    .filter(path => !files.has(path))
  expect(stray).toEqual([])
})

test('every schema is closed and titled', () => {
  for (const [path, text] of files) {
    if (!path.startsWith('schemas/') || path === 'schemas/index.json') continue
    expect(JSON.parse(text)).toMatchObject({ additionalProperties: false, title: expect.any(String) as string })
  }
})
