import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { main } from '../../src/cli/program.js'
import { collecting, faults, killConfig, openFor, publish, runPipeline } from '../support/kill-pipeline.js'
import { credentials, type S3Server, startS3rver } from '../support/s3/servers.js'
import { temporaryFolder } from '../support/temporary.js'

Object.assign(process.env, credentials)

let server: S3Server
beforeAll(async () => {
  server = await startS3rver()
})
afterAll(() => server.stop())

let prefixes = 0

/** A workspace whose shards go to a prefix of its own. */
async function prepared(records: number) {
  const s3 = { ...server.settings, prefix: `prefix-${++prefixes}` }
  const root = await temporaryFolder()
  const config = killConfig(root, 10_000, { storage: { s3 } })
  const workspace = await openFor(config)
  onTestFinished(() => workspace.close())
  await publish(workspace, records)
  return { root, s3, config, workspace }
}

/** Resolves when the run has told of such an event. */
async function told({ child }: ReturnType<typeof runPipeline>, event: string): Promise<void> {
  for await (const line of createInterface({ input: child.stdout })) if (line.includes(`"event":"${event}"`)) return
  throw new Error(`the run has ended without ${event}`)
}

describe('a pipeline whose shards go to a bucket', () => {
  it('waits while the server is away, goes on when it is back, and a snapshot is made of what is there', async () => {
    const { config, workspace, root, s3 } = await prepared(400)
    const run = runPipeline(config)
    await told(run, 'cut')
    await server.kill()
    await told(run, 'waiting')
    await server.start()
    const { code, output } = await run.ended
    expect(code, output.slice(-2000)).toBe(0)
    expect(output).toContain('"event":"waiting"')
    expect(output).toContain('STEERFLOW_STORAGE_AWAY')
    expect(output).toContain('"event":"resumed"')
    expect(await faults(workspace)).toEqual([])

    const sets = Object.entries(s3).flatMap(([key, value]) => ['--set', `storage.s3.${key}=${value}`])
    let said = ''
    const io = { out: (text: string) => void (said += text), err: (text: string) => void (said += text) }
    expect(await main(['shards', 'verify', '--data-dir', root, ...sets], io), said).toBe(0)
    expect(said).toMatch(/shards are intact, 0 are damaged/)
  })

  it('is ended by SIGTERM while the server is away, and nothing is lost', async () => {
    const { config, workspace } = await prepared(60)
    await server.kill()
    const run = runPipeline(config)
    await told(run, 'waiting')
    run.child.kill('SIGTERM')
    // The server stays away: without the signal the run would wait for it for ever.
    expect(await run.ended).toMatchObject({ code: 0, signal: null })
    await server.start()
    expect(await runPipeline(config).ended).toMatchObject({ code: 0 })
    expect(await faults(workspace)).toEqual([])
  })

  it('stops where the bucket is not there, and says what to do', async () => {
    const { config, s3, workspace } = await prepared(60)
    const wrong = { ...config, storage: { s3: { ...s3, bucket: 'none' } } }
    const { code, output } = await runPipeline(wrong).ended
    expect([code, output]).toEqual([1, expect.stringContaining('"stopped","code":"STEERFLOW_STORAGE_REFUSED"')])
    expect(output).toContain('storage.s3.bucket')
    expect(await runPipeline(config).ended).toMatchObject({ code: 0 })
    expect(await faults(workspace)).toEqual([])
  })

  it('is killed between upload and commit, again and again, while garbage is collected', async () => {
    const { config, workspace } = await prepared(150)
    const garbage = collecting(workspace)
    for (let kill = 0; kill < 6; kill++) {
      const { signal } = await runPipeline(config, { step: 'manifest', at: 1 + (kill % 3), after: true }).ended
      expect(signal).toBe('SIGKILL')
    }
    expect(await runPipeline(config).ended).toMatchObject({ code: 0 })
    await garbage.stop()
    expect(await faults(workspace)).toEqual([])
  })
})
