import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { GetObjectAttributesCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { FileStore } from '../../../../src/adapters/storage/file-store.js'
import { s3Bucket } from '../../../../src/adapters/storage/s3/bucket.js'
import { sha256 } from '../../../../src/domain/digest.js'
import { describeWith } from '../../../support/parts/describe-with.js'
import { credentials, type S3Server, startS3Mock, startS3rver } from '../../../support/s3/servers.js'
import { temporaryFolder } from '../../../support/temporary.js'
import { fileStorePromises, names, put, read } from '../file-store-promises.js'

for (const [name, value] of Object.entries(credentials)) process.env[name] = value

let server: S3Server
const bucket = (given: Partial<S3Server['settings']> = {}): FileStore =>
  s3Bucket({ ...server.settings, ...given }, { partBytes: 5 << 20 })
const large = Buffer.alloc(23 << 20, 'a shard of many records')
const facts = { bytes: large.byteLength, sha256: sha256(large) }

/** The large file on this machine. */
async function spooled(): Promise<string> {
  const path = join(await temporaryFolder(), 'spooled')
  await writeFile(path, large)
  return path
}

describe('a bucket of a server that knows its keys', () => {
  beforeAll(async () => {
    server = await startS3rver()
  })
  afterAll(() => server.stop())

  fileStorePromises(() => bucket())

  it('has its objects below the prefix', async () => {
    await put(await temporaryFolder(), bucket(), 'x', 'x')
    expect(await names(bucket({ prefix: '' }), '')).toEqual(['a/prefix/x'])
    expect(bucket().place).toBe('s3://shards/a/prefix/')
    await bucket().remove('x')
  })

  it('refuses a wrong key and a bucket that is not there, which no waiting mends', async () => {
    const root = await temporaryFolder()
    await expect(put(root, bucket({ bucket: 'none' }), 'x', 'x')).rejects.toMatchObject({
      code: 'STEERFLOW_STORAGE_REFUSED',
      message: 'cannot put a/prefix/x (NoSuchBucket)',
    })
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'UNKNOWN')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'a secret that must not be told')
    onTestFinished(() => void vi.unstubAllEnvs())
    const error: unknown = await put(root, bucket(), 'x', 'x').catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'STEERFLOW_STORAGE_REFUSED', kind: 'fatal' })
    expect(JSON.stringify(error) + String((error as Error).cause)).not.toContain('must not be told')
  })

  it('is away while its server is dead, and takes the file that broke off when it is back', async () => {
    const path = await spooled()
    const store = bucket()
    const putting = store.put(path, 'large', facts).catch((error: unknown) => error)
    await vi.waitFor(() => expect(server.kill()).resolves.toBeUndefined())
    expect(await putting).toMatchObject({ code: 'STEERFLOW_STORAGE_AWAY', kind: 'transient' })
    await expect(store.put(path, 'large', facts)).rejects.toMatchObject({ code: 'STEERFLOW_STORAGE_AWAY' })
    await server.start()
    await store.put(path, 'large', facts)
    expect(sha256(await read(store, 'large'))).toBe(facts.sha256)
  })

  it('is left at once by whoever has to end, though the server hangs', async () => {
    const path = await spooled()
    server.signal('SIGSTOP')
    onTestFinished(() => server.signal('SIGCONT'))
    const control = new AbortController()
    const putting = bucket().put(path, 'hung', facts, { signal: control.signal })
    setTimeout(() => control.abort(), 200)
    // A server that does not answer is given up after 30 s: this only bounds what hangs.
    await expect(Promise.race([putting, new Promise((_, late) => setTimeout(late, 20_000))])).rejects.toMatchObject({
      code: 'STEERFLOW_STORAGE_AWAY',
    })
  })

  it('is read on where the connection broke', async () => {
    const store = bucket()
    await put(await temporaryFolder(), store, 'long', large)
    const chunks: Buffer[] = []
    for await (const chunk of store.read('long')) {
      chunks.push(chunk)
      if (chunks.length !== 1) continue
      await server.kill()
      await server.start()
    }
    expect(sha256(Buffer.concat(chunks))).toBe(facts.sha256)
  })
})

const describeMock = await describeWith('s3mock')
describeMock('a bucket of a server that checks digests and lists uploads', () => {
  beforeAll(async () => {
    server = await startS3Mock()
  })
  afterAll(() => server.stop())

  fileStorePromises(() => bucket())

  it('lists more objects than one answer holds', async () => {
    const store = bucket()
    const path = join(await temporaryFolder(), 'empty')
    await writeFile(path, '')
    const all = Array.from({ length: 1005 }, (_, at) => `many/${String(at).padStart(4, '0')}`)
    for (let at = 0; at < all.length; at += 40) {
      const some = all.slice(at, at + 40)
      await Promise.all(some.map(name => store.put(path, name, { bytes: 0, sha256: sha256('') })))
    }
    expect(await names(store, 'many/')).toEqual(all)
  })

  it('is told the digest of what it is sent, and refuses other bytes', async () => {
    const store = bucket()
    await put(await temporaryFolder(), store, 'x', 'xyz')
    const { endpoint, region } = server.settings
    const client = new S3Client({ endpoint, region, forcePathStyle: true })
    const object = { Bucket: 'shards', Key: 'a/prefix/x' }
    const about = await client.send(new GetObjectAttributesCommand({ ...object, ObjectAttributes: ['Checksum'] }))
    expect(about.Checksum?.ChecksumSHA256).toBe(Buffer.from(sha256('xyz'), 'hex').toString('base64'))
    const other = new PutObjectCommand({ ...object, Body: 'xyZ', ChecksumSHA256: about.Checksum!.ChecksumSHA256 })
    await expect(client.send(other)).rejects.toThrow()
    expect((await read(store, 'x')).toString()).toBe('xyz')
  })

  it('has no torn object and no forgotten parts when the process that sends is killed', async () => {
    const path = await spooled()
    const script = fileURLToPath(new URL('../../../support/s3/put.mjs', import.meta.url))
    const args = [script, JSON.stringify(server.settings), path, 'shards/d/large', JSON.stringify(facts)]
    const store = bucket()
    const begun = async () => {
      const found: string[] = []
      for await (const { name } of store.unfinished!('shards/')) found.push(name)
      return found
    }
    let kills = 0
    for (let tries = 0; kills < 3 && tries < 20; tries++) {
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
      for await (const line of createInterface({ input: child.stdout })) if (line === 'begun') child.kill('SIGKILL')
      if (!child.killed || (await begun()).length === 0) continue
      kills++
      expect(await names(store, 'shards/')).toEqual([])
      // Those of the earlier kill were removed by this one's process.
      expect(await begun()).toEqual(['shards/d/large'])
    }
    expect(kills).toBe(3)
    await store.put(path, 'shards/d/large', facts)
    expect(await begun()).toEqual([])
    expect(sha256(await read(store, 'shards/d/large'))).toBe(facts.sha256)
  })

  it('is not given a file that has changed in the spool', async () => {
    const path = await spooled()
    await writeFile(path, Buffer.alloc(large.byteLength, 'other'))
    await expect(bucket().put(path, 'changed', facts)).rejects.toMatchObject({ code: 'STEERFLOW_STORAGE' })
    await writeFile(path, 'x')
    await expect(bucket().put(path, 'changed', { bytes: 1, sha256: sha256('y') })).rejects.toMatchObject({
      code: 'STEERFLOW_STORAGE',
    })
    expect(await names(bucket(), 'changed')).toEqual([])
  })
})
