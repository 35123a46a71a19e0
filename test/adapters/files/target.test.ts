import { execFileSync } from 'node:child_process'
import { lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { besides, targetOf } from '../../../src/adapters/files/target.js'
import { openWriter } from '../../../src/adapters/files/writer.js'
import { temporaryFolder } from '../../support/temporary.js'

async function write(path: string, text: string): Promise<void> {
  const writer = await openWriter(path)
  await writer.write(text)
  await writer.close()
}

describe('what is no regular file', () => {
  it('is written as it is: a pipe stays one, and its reader gets everything', async () => {
    const folder = await temporaryFolder()
    const pipe = join(folder, 'pipe')
    execFileSync('mkfifo', [pipe])
    const reader = readFile(pipe, 'utf8')
    await write(pipe, 'all of it\n'.repeat(20_000))
    expect(await reader).toBe('all of it\n'.repeat(20_000))
    expect(lstatSync(pipe).isFIFO()).toBe(true)
    expect(readdirSync(folder)).toEqual(['pipe'])
  })

  it('is written also behind a link, which stays one', async () => {
    const folder = await temporaryFolder()
    const link = join(folder, 'nowhere')
    symlinkSync('/dev/null', link)
    await write(link, 'x')
    expect(lstatSync(link).isSymbolicLink()).toBe(true)
    expect(lstatSync('/dev/null').isCharacterDevice()).toBe(true)
    expect(await targetOf(link)).toEqual({ kind: 'device', path: '/dev/null' })
    expect(await besides(link)).toBe('nowhere')
  })

  it('stays when the work is given up', async () => {
    const writer = await openWriter('/dev/null')
    await writer.write('x')
    await writer.abort()
    expect(lstatSync('/dev/null').isCharacterDevice()).toBe(true)
  })
})

describe('a link', () => {
  it('to a file stays, and the file behind it is replaced', async () => {
    const folder = await temporaryFolder()
    mkdirSync(join(folder, 'far'))
    writeFileSync(join(folder, 'far', 'file'), 'old')
    symlinkSync('far/file', join(folder, 'link'))
    symlinkSync('link', join(folder, 'link-to-link'))
    await write(join(folder, 'link-to-link'), 'new')
    expect(readFileSync(join(folder, 'far', 'file'), 'utf8')).toBe('new')
    expect(lstatSync(join(folder, 'link-to-link')).isSymbolicLink()).toBe(true)
    expect(readdirSync(join(folder, 'far'))).toEqual(['file'])
    expect(await besides(join(folder, 'link'))).toBe(join(folder, 'link'))
  })

  it('to nothing yet is where the file is made', async () => {
    const folder = await temporaryFolder()
    symlinkSync('new/file', join(folder, 'link'))
    await write(join(folder, 'link'), 'new')
    expect(readFileSync(join(folder, 'new', 'file'), 'utf8')).toBe('new')
  })

  it('in a circle is refused', async () => {
    const folder = await temporaryFolder()
    symlinkSync('b', join(folder, 'a'))
    symlinkSync('a', join(folder, 'b'))
    await expect(openWriter(join(folder, 'a'))).rejects.toMatchObject({ code: 'STEERFLOW_USAGE' })
  })
})

it('a folder is refused before the work, as is -, which would be a file of that name', async () => {
  const folder = await temporaryFolder()
  await expect(openWriter(folder)).rejects.toMatchObject({ code: 'STEERFLOW_USAGE' })
  await expect(openWriter('-')).rejects.toThrow('/dev/stdout for standard output')
  await expect(openWriter('-', { mode: 'append' })).rejects.toMatchObject({ code: 'STEERFLOW_USAGE' })
})
