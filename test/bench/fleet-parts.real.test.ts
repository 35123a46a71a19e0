import { expect, it } from 'vitest'
import { start, withEcho } from '../../bench/fleet/child.js'
import { limited } from '../../bench/fleet/limited.js'
import { withServers } from '../../bench/fleet/servers.js'

const settings = { only: null, verbose: false, long: false }
const forever = new Promise<never>(() => undefined)

it('the echo server outlives the look for a page of metrics, and answers after it', async () => {
  await withEcho(async url => {
    expect((await fetch(`${url}/metrics`)).status).toBe(404)
    const answer = await fetch(`${url}/generate`, { method: 'PUT', body: '{"sentences": ["a"]}' })
    expect(await answer.json()).toEqual({ sentences: [expect.stringContaining('a3,')] })
  })
})

it('a part whose server dies ends with its name', async () => {
  const dying = withEcho(async url => {
    // A body that is no JSON is the end of it.
    await fetch(`${url}/generate`, { method: 'PUT', body: 'no JSON' }).catch(() => undefined)
    return forever
  })
  await expect(dying).rejects.toThrow(/^the server echo-server\.ts at http:\S+ ended with code \d+$/)
})

it('a server that was killed on purpose is not missed, and one that ends by itself is', async () => {
  const slots = { kind: 'slots', slots: 1, ms: 1 }
  const dying = withServers([slots], async ([server]) => {
    await server!.kill()
    await server!.again()
    process.kill(server!.pid, 'SIGKILL')
    return forever
  })
  await expect(dying).rejects.toThrow(/^the server 1 of 1 at http:\S+ ended with SIGKILL$/)
})

it('a part that takes too long says how its servers stand', async () => {
  await withEcho(async () => {
    const part = limited('stuck', () => forever, 10)
    await expect(part(settings)).rejects.toThrow(
      /^part stuck took more than 0.01 s, at its start: echo-server\.ts at \S+ answers$/,
    )
  })
  await expect(limited('stuck', () => forever, 10)(settings)).rejects.toThrow('it has no server now')
})

it('a program of the benchmark that ends says so', async () => {
  const child = start('./cpu-child.ts', ['neither'])
  await expect(child.line()).rejects.toThrow('./cpu-child.ts ended')
  await child.stop()
})
