import { createHash, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { usualBounds } from '../../../../src/adapters/storage/s3/bounded.js'
import { s3Bucket } from '../../../../src/adapters/storage/s3/bucket.js'
import { S3Settings } from '../../../../src/adapters/storage/s3/settings.js'
import { shardLines } from '../../../../src/adapters/storage/shard-lines.js'
import { storeIds } from '../../../../src/adapters/storage/identity.js'
import { credentials } from '../../../support/s3/servers.js'
import { temporaryFolder } from '../../../support/temporary.js'
import { manifest } from '../../../support/training.js'

for (const [name, value] of Object.entries(credentials)) process.env[name] = value

/** A bucket of a server that answers what it likes; with the number of requests that it has seen. */
async function hostile(answer: (request: IncomingMessage, response: ServerResponse) => void, emptyPages?: number) {
  const seen = { requests: 0 }
  const server = createServer((request, response) => {
    seen.requests++
    response.on('error', () => undefined)
    answer(request, response)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise(closed => server.close(closed))
  })
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const settings = S3Settings.parse({ bucket: 'shards', prefix: 'a', endpoint, region: 'x', forcePathStyle: true })
  return {
    bucket: s3Bucket(settings, { partBytes: 5 << 20, bounds: { ...usualBounds, ...(emptyPages && { emptyPages }) } }),
    seen,
  }
}

const escaped = (text: string): string => text.replace(/[<>&\p{Cc}]/gu, one => `&#${one.codePointAt(0)};`)
const listing = (keys: readonly string[], more = ''): string =>
  `<ListBucketResult>${keys.map(key => `<Contents><Key>${escaped(key)}</Key><Size>1</Size></Contents>`).join('')}${more}</ListBucketResult>`
const circle = (token: string): string =>
  `<IsTruncated>true</IsTruncated><NextContinuationToken>${token}</NextContinuationToken>`

const listed = async (files: AsyncIterable<{ readonly name: string }>) => {
  const names: string[] = []
  for await (const { name } of files) names.push(name)
  return names
}

describe('a bucket of a hostile server', () => {
  it('is told of by the names that we could have put there, and no others', async () => {
    const evil = [
      'a/shards/../../x',
      'a/shards/a\nb',
      'a/shards/\u001b[2J',
      'a/shards//x',
      'a/shards/',
      'a/shards/-rf',
      'elsewhere/shards/x',
      'a/store-id/x',
      '',
    ]
    const { bucket } = await hostile((_, response) => response.end(listing([...evil, 'a/shards/good'])))
    expect(await listed(bucket.list('shards/'))).toEqual(['shards/good'])
  })

  it.each([
    ['the same page again and again', () => 'same'],
    ['two pages in turn', (n: number) => `page-${n % 2}`],
  ])('is not listed for ever where it gives %s', async (_, token) => {
    const { bucket, seen } = await hostile((_, response) =>
      response.end(listing(['a/shards/x'], circle(token(seen.requests)))),
    )
    await expect(listed(bucket.list('shards/'))).rejects.toMatchObject({
      code: 'STEERFLOW_STORAGE',
      message: 'cannot list s3://shards/a/shards/: the listing loops',
    })
    expect(seen.requests).toBeLessThan(5)
  })

  it('is listed page by page: of a list without end no more is asked for than is looked at', async () => {
    const { bucket, seen } = await hostile((_, response) => {
      const page = Array.from({ length: 100 }, (_, n) => `a/shards/${seen.requests}-${n}`)
      response.end(listing(page, circle(`token-${seen.requests}`)))
    })
    let looked = 0
    for await (const { name } of bucket.list('shards/')) {
      expect(name).toBe(`shards/${seen.requests}-${looked % 100}`)
      if (++looked === 5000) break
    }
    expect(seen.requests).toBe(50)
  })

  it('is not listed for ever where page after page has nothing in it', async () => {
    const { bucket, seen } = await hostile(
      (_, response) => response.end(listing([], circle(`token-${seen.requests}`))),
      20,
    )
    await expect(listed(bucket.list('shards/'))).rejects.toMatchObject({
      code: 'STEERFLOW_STORAGE',
      message: 'cannot list s3://shards/a/shards/: 20 consecutive pages are empty',
    })
    expect(seen.requests).toBe(21)
  })

  it('takes a large file although its list of unfinished uploads never ends', async () => {
    const path = join(await temporaryFolder(), 'file')
    await writeFile(path, Buffer.alloc(6 << 20))
    const sha256 = createHash('sha256')
      .update(Buffer.alloc(6 << 20))
      .digest('hex')
    const { bucket, seen } = await hostile((request, response) => {
      request.resume().once('end', () => {
        const { method, url = '' } = request
        if (method === 'PUT') return void response.setHeader('etag', '"e"').end()
        if (method === 'POST' && url.includes('uploads'))
          return void response.end(
            '<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>',
          )
        if (method === 'POST') return void response.end('<CompleteMultipartUploadResult/>')
        const uploads = '<Upload><Key>a/shards/x.other</Key><UploadId>u</UploadId></Upload>'.repeat(100)
        response.end(
          `<ListMultipartUploadsResult><IsTruncated>true</IsTruncated><NextKeyMarker>k${seen.requests}</NextKeyMarker>${uploads}</ListMultipartUploadsResult>`,
        )
      })
    })
    await bucket.put(path, 'shards/x', { bytes: 6 << 20, sha256 })
    expect(seen.requests).toBeLessThan(20)
  })

  it('that lists ids without end has none that is believed', async () => {
    const { bucket, seen } = await hostile((_, response) => {
      const ids = Array.from({ length: 100 }, () => `a/store-id/${randomUUID()}`)
      response.end(listing(ids, circle(`token-${seen.requests}`)))
    })
    await expect(storeIds(bucket, await temporaryFolder())).rejects.toMatchObject({
      code: 'STEERFLOW_STORAGE',
      message: expect.stringContaining('more than 1000 files below store-id/') as string,
    })
    expect(seen.requests).toBe(11)
  })

  it('is not listed for ever for its unfinished uploads either', async () => {
    const { bucket, seen } = await hostile((_, response) =>
      response.end(
        '<ListMultipartUploadsResult><IsTruncated>true</IsTruncated><NextKeyMarker>k</NextKeyMarker></ListMultipartUploadsResult>',
      ),
    )
    await expect(listed(bucket.unfinished!('shards/'))).rejects.toMatchObject({ code: 'STEERFLOW_STORAGE' })
    expect(seen.requests).toBeLessThan(5)
  })

  it.each([
    ['a web page', '<html><body>Welcome</body></html>', []],
    ['nothing', '', []],
    ['a torn answer', '<ListBucketResult><Contents><Key>a/sh', 'STEERFLOW_STORAGE_AWAY'],
    ['no XML', '{"ok": true}', 'STEERFLOW_STORAGE_AWAY'],
  ] as const)('has no files, or is away, where it answers %s', async (_, body, expected) => {
    const { bucket } = await hostile((_, response) => response.end(body))
    const found: unknown = await listed(bucket.list('shards/')).catch((error: { code: string }) => error.code)
    expect(found).toEqual(expected)
  })

  it('ends the reading of a shard that is longer than it was, as one line that never ends is', async () => {
    let sent = 0
    const { bucket } = await hostile((_, response) => {
      const more = (): void => {
        while (!response.destroyed && sent < 1 << 30) {
          sent += 1 << 20
          if (!response.write(Buffer.alloc(1 << 20, 'x'))) return void response.once('drain', more)
        }
        response.end()
      }
      more()
    })
    const read = async () => {
      for await (const lines of shardLines(bucket, { ...manifest(), bytes: 3 << 20 })) void lines
    }
    await expect(read()).rejects.toMatchObject({
      code: 'STEERFLOW_STORAGE',
      message: expect.stringContaining('more than') as string,
    })
    expect(sent).toBeLessThan(256 << 20)
  })

  it('that knows ids which are none gives the store one of its own', async () => {
    const put: string[] = []
    const { bucket } = await hostile((request, response) => {
      if (request.method === 'PUT') put.push(request.url!)
      request.resume()
      response.end(request.method === 'PUT' ? '' : listing(['a/store-id/../../x', 'a/store-id/not-one']))
    })
    expect(await storeIds(bucket, await temporaryFolder())).toEqual([])
    expect(put).toHaveLength(1)
  })
})
