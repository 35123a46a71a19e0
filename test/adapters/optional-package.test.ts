import { expect, it } from 'vitest'
import { optionalPackage } from '../../src/adapters/optional-package.js'

const notFound = (name: string): Error =>
  Object.assign(new Error(`Cannot find package '${name}' imported from /app/dist/x.js`), {
    code: 'ERR_MODULE_NOT_FOUND',
  })

it('hands on what was loaded', async () => {
  await expect(optionalPackage('lmdb', 'the log', async () => 7)).resolves.toBe(7)
})

it('says who wants a package that is absent, and what installs the version that was tested', async () => {
  const name = '@aws-sdk/client-s3'
  await expect(
    optionalPackage(name, 'storage in a bucket', () => Promise.reject(notFound(name))),
  ).rejects.toMatchObject({
    code: 'STEERFLOW_PACKAGE_MISSING',
    message: expect.stringMatching(
      /^storage in a bucket wants the package @aws-sdk\/client-s3, which is not installed: run `npm install @aws-sdk\/client-s3@\d+\.\d+\.\d+` in the folder/,
    ) as string,
  })
})

it.each(['lmdb', 'snappy', 'lz4-napi'])('names the binary for this machine that %s lacks', async name => {
  const cause = new Error('No native build was found')
  const { platform, arch } = process
  await expect(optionalPackage(name, 'it', () => Promise.reject(cause))).rejects.toMatchObject({
    code: 'STEERFLOW_PACKAGE_MISSING',
    message: expect.stringMatching(
      new RegExp(`does not load on this machine: run \`npm install @\\S+-${platform}-${arch}(-\\w+)?@[0-9.]+\``),
    ) as string,
    cause,
  })
})

it('does not call a package absent that lacks one of its own', async () => {
  const cause = notFound('something-below')
  await expect(optionalPackage('kafkajs', 'it', () => Promise.reject(cause))).rejects.toMatchObject({
    message: expect.stringContaining('does not load on this machine: run `npm install --include=optional`') as string,
  })
})
