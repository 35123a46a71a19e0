import { execFileSync } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { modelDigest } from '../../../src/adapters/launchers/trained-model.js'
import { sha256 } from '../../../src/domain/digest.js'
import { temporaryFolder } from '../../support/temporary.js'

const files = { required: ['model*.safetensors', 'config.json'], optional: ['tokenizer*'] }

async function checkpoint(names: readonly string[]): Promise<string> {
  const folder = await temporaryFolder()
  for (const name of names) await writeFile(join(folder, name), `content of ${name}`)
  await mkdir(join(folder, 'checkpoint-10'))
  return folder
}

describe('modelDigest', () => {
  it('of a file is its sha256', async () => {
    const folder = await checkpoint(['model.json'])
    expect(await modelDigest(join(folder, 'model.json'), undefined)).toBe(sha256('content of model.json'))
  })

  it.each(['/dev/zero', 'pipe'])('is not taken of %s, which never ends', async name => {
    const folder = await temporaryFolder()
    execFileSync('mkfifo', [join(folder, 'pipe')])
    await expect(modelDigest(resolve(folder, name), undefined)).rejects.toThrow('is not a regular file')
  })

  it('of a folder is that of its list, whatever else lies there', async () => {
    const names = ['config.json', 'model-1.safetensors', 'model-2.safetensors', 'tokenizer.json']
    const list = names.map(name => `${sha256(`content of ${name}`)}  ${name}\n`).join('')
    expect(await modelDigest(await checkpoint(['optimizer.pt', ...names.toReversed()]), files)).toBe(sha256(list))
  })

  it('needs every file that it names, and takes a name literally', async () => {
    const folder = await checkpoint(['config-json', 'model.safetensors'])
    await expect(modelDigest(folder, files)).rejects.toThrow('there is no config.json')
    await writeFile(join(folder, 'config.json'), '')
    await expect(modelDigest(folder, files)).resolves.toHaveLength(64)
    await rm(join(folder, 'model.safetensors'))
    await expect(modelDigest(folder, files)).rejects.toThrow('there is no model*.safetensors')
  })
})
