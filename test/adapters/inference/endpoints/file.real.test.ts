import { execFileSync } from 'node:child_process'
import { mkdir, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { EndpointEntry } from '../../../../src/adapters/inference/endpoints/entry.js'
import type { EndpointsEvent } from '../../../../src/adapters/inference/endpoints/events.js'
import { readEndpointsFile, watchEndpointsFile } from '../../../../src/adapters/inference/endpoints/file.js'
import { temporaryFolder } from '../../../support/temporary.js'

let folder = ''
let stop = new AbortController()
let ended: Promise<void> = Promise.resolve()
const lists: (string | undefined)[][] = []
const events: EndpointsEvent[] = []

beforeEach(async () => {
  folder = await temporaryFolder()
  stop = new AbortController()
  lists.length = events.length = 0
})
afterEach(async () => {
  stop.abort()
  await ended
})

const watch = (file: string): void => {
  const onList = (entries: readonly EndpointEntry[]) => void lists.push(entries.map(({ url }) => url))
  ended = watchEndpointsFile(file, onList, { everyMs: 20, report: event => events.push(event), signal: stop.signal })
}
const told = (urls: readonly string[]) => expect.poll(() => lists.at(-1)).toEqual(urls)

/** Something else in the place of a file. */
async function replaced(file: string, by: () => unknown): Promise<void> {
  await rm(file)
  await by()
}

describe('a watched file', () => {
  it('may be written in place, and renamed over', async () => {
    const file = join(folder, 'servers.yaml')
    await writeFile(file, '- http://a\n')
    watch(file)
    await told(['http://a'])
    await writeFile(file, '["http://a", {"url": "http://b", "pricePerHour": 2}]')
    await told(['http://a', 'http://b'])
    await writeFile(join(folder, 'next'), '- http://c\n')
    await rename(join(folder, 'next'), file)
    await told(['http://c'])
    await writeFile(file, '[]')
    await told([])
    expect(events).toEqual([])
  })

  it('may be a Kubernetes config map, of which a symlink is swapped', async () => {
    const publish = async (version: string, text: string): Promise<void> => {
      await mkdir(join(folder, version))
      await writeFile(join(folder, version, 'servers.yaml'), text)
      await symlink(version, join(folder, '..data_tmp'))
      await rename(join(folder, '..data_tmp'), join(folder, '..data'))
    }
    await publish('..1', '- http://a\n')
    await symlink(join('..data', 'servers.yaml'), join(folder, 'servers.yaml'))
    watch(join(folder, 'servers.yaml'))
    await told(['http://a'])
    await publish('..2', '- http://b\n')
    await rm(join(folder, '..1'), { recursive: true })
    await told(['http://b'])
  })

  it.each([
    ['away', (file: string) => rm(file)],
    ['empty', (file: string) => writeFile(file, '')],
    ['no YAML', (file: string) => writeFile(file, '- "http://bob:s3cret@a\n- [')],
    ['no list', (file: string) => writeFile(file, 'a: http://bob:s3cret@a')],
    ['half wrong', (file: string) => writeFile(file, '- http://b\n- bob:s3cret@a\n')],
  ])('that is %s for a moment changes nothing, and is told of once', async (_, spoil) => {
    const file = join(folder, 'servers.yaml')
    await writeFile(file, '- http://a\n')
    watch(file)
    await told(['http://a'])
    await spoil(file)
    await expect.poll(() => events).toHaveLength(1)
    await sleep(600)
    expect(events).toEqual([expect.objectContaining({ event: 'endpoints-kept', source: file })])
    expect(JSON.stringify(events)).not.toContain('s3cret')
    expect(lists).toEqual([['http://a']])
    await writeFile(file, '- http://b\n')
    await told(['http://b'])
    expect(events.at(-1)).toEqual({ event: 'endpoints-read', source: file })
  })

  it.each([
    ['huge', async (file: string) => truncate(file, 3 * 2 ** 30), /has 3221225472 bytes; at most 1048576/, 'Correct'],
    ['a circle of symlinks', (file: string) => replaced(file, () => symlink(file, file)), /ELOOP/, 'Correct'],
    [
      'a pipe',
      (file: string) => replaced(file, () => void execFileSync('mkfifo', [file])),
      /is not a regular file/,
      'Correct',
    ],
    [
      'a device',
      (file: string) => replaced(file, () => symlink('/dev/zero', file)),
      /is not a regular file/,
      'Correct',
    ],
    ['a folder', (file: string) => replaced(file, () => mkdir(file)), /is not a regular file/, 'Correct'],
    [
      'not UTF-8',
      (file: string) => writeFile(file, Buffer.from('- http://b\xff\n', 'latin1')),
      /not UTF-8 at byte 10/,
      'Correct',
    ],
    [
      'of another schema',
      (file: string) => writeFile(file, '- url: http://b\n  model: 7\n'),
      /: 0: model: /,
      'Correct',
    ],
    ['emptied', (file: string) => truncate(file, 0), /is empty; a list without servers is spelled \[\]/, 'Correct'],
    ['torn', (file: string) => writeFile(file, '- url: http://b\n  model: "abc'), /is not YAML: line 2/, 'Correct'],
    ['removed', (file: string) => rm(file), /endpoints file .*ENOENT/, 'Check the path'],
  ])('that becomes %s is told as that, with the next step; the old list stays', async (_, spoil, cause, next) => {
    const file = join(folder, 'servers.yaml')
    await writeFile(file, '- http://a\n')
    watch(file)
    await told(['http://a'])
    await spoil(file)
    await expect.poll(() => events).not.toEqual([])
    expect(events).toEqual([
      {
        event: 'endpoints-kept',
        source: file,
        cause: expect.stringMatching(cause) as string,
        next: expect.stringMatching(
          new RegExp(`^${next}.* Until it is corrected, the last list stays in force\\.$`),
        ) as string,
      },
    ])
    expect(lists).toEqual([['http://a']])
    await rm(file, { force: true, recursive: true })
    await writeFile(join(folder, 'next'), '- http://b\n')
    await rename(join(folder, 'next'), file)
    await told(['http://b'])
    await expect.poll(() => events.at(-1)).toEqual({ event: 'endpoints-read', source: file })
  })

  it('that changes at every read is reported, and used once it stays the same', async () => {
    const file = join(folder, 'servers.yaml')
    await writeFile(file, '- http://a\n')
    watch(file)
    await told(['http://a'])
    let n = 0
    const writing = setInterval(() => void writeFile(file, `- http://b${n++}\n`), 10)
    try {
      await expect.poll(() => JSON.stringify(events)).toContain('changed at every read')
    } finally {
      clearInterval(writing)
    }
    await expect.poll(() => lists.at(-1)?.[0]).toContain('http://b')
  })

  it('is not believed while it is being written', async () => {
    const file = join(folder, 'servers.yaml')
    await writeFile(file, '- http://a\n- http://b\n')
    watch(file)
    await told(['http://a', 'http://b'])
    await writeFile(file, '- http://a\n')
    await sleep(60)
    await writeFile(file, '- http://a\n- http://b\n- http://c\n')
    await told(['http://a', 'http://b', 'http://c'])
    expect(lists).toHaveLength(2)
  })

  it('that was never right is an error with its place and without its text', async () => {
    const file = join(folder, 'servers.yaml')
    await expect(readEndpointsFile(file)).rejects.toMatchObject({ code: 'STEERFLOW_INPUT_NOT_FOUND' })
    await writeFile(file, '- http://a\n- url: http://b\n  protocol: s3cret\n')
    const error: unknown = await readEndpointsFile(file).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'STEERFLOW_CONFIG_INVALID' })
    expect(String(error)).toContain(`${file}: 1: protocol`)
    expect(String(error)).not.toContain('s3cret')
  })
})
