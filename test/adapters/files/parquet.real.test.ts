import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { DuckDBInstance } from '@duckdb/node-api'
import { expect, it } from 'vitest'
import { pythonWithDatasets } from '../../../scripts/parts/python-datasets.js'
import { readLines } from '../../../src/adapters/files/lines.js'
import { readAll } from '../../../src/runtime/read-all.js'
import { openLog } from '../../../src/adapters/log/open.js'
import { chats } from '../../support/chats.js'
import { runMain } from '../../support/run-main.js'
import { describeWith } from '../../support/parts/describe-with.js'
import { temporaryFolder } from '../../support/temporary.js'

/** The rows of a file, and how reading ended. */
async function read(path: string) {
  const rows: Record<string, unknown>[] = []
  try {
    for await (const lines of readLines(path))
      for (const line of lines) if (line.kind === 'line') rows.push(JSON.parse(String(line.bytes)) as never)
    return { rows, message: '' }
  } catch (error) {
    return { rows, message: (error as Error).message }
  }
}

/** JSON of Python has integers that a double cannot hold: here they are text. */
const parsed = (text: string): { files: string[]; rows: Record<string, unknown>[] } =>
  JSON.parse(text.replace(/"big": (\d+)/g, '"big": "$1"')) as never

const describePython = await describeWith('python-datasets')
describePython('Parquet written by Python', () => {
  it('gives the records that JSON lines would give, however it is compressed', async () => {
    const folder = await temporaryFolder()
    const script = fileURLToPath(new URL('../../support/python/write_parquet.py', import.meta.url))
    const env = { ...process.env, HF_HOME: folder, HF_HUB_OFFLINE: '1', HF_DATASETS_OFFLINE: '1' }
    const args = ['-B', script, folder]
    const out = execFileSync(pythonWithDatasets()!, args, {
      env,
      maxBuffer: 1 << 26,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const { files, rows } = parsed(String(out).trimEnd().split('\n').at(-1)!)
    for (const file of files) {
      const found = await read(join(folder, file))
      if (file === 'lz4.parquet') expect(found.message).toMatch(/compressed with LZ4_RAW, which is not read/)
      else expect({ file, ...found }).toEqual({ file, rows, message: '' })
    }
    const whole = readFileSync(join(folder, 'zstd.parquet'))
    writeFileSync(join(folder, 'packed.gz'), gzipSync(whole))
    expect((await read(join(folder, 'packed.gz'))).rows).toEqual(rows)
    writeFileSync(join(folder, 'torn.parquet'), whole.subarray(0, whole.length - 1))
    expect(await read(join(folder, 'torn.parquet'))).toMatchObject({ rows: [], message: /damaged or not whole/ })
    const damaged = Buffer.from(whole)
    damaged.fill(0xff, whole.length >> 1, (whole.length >> 1) + 64)
    writeFileSync(join(folder, 'damaged.parquet'), damaged)
    const before = await read(join(folder, 'damaged.parquet'))
    expect(before.message).toMatch(/damaged or not whole, behind row [1-4]000/)
    expect(before.rows).toEqual(rows.slice(0, before.rows.length))
  })
})

/** A file of chats that DuckDB writes. */
async function writeChats(path: string, count: number, compression = 'zstd'): Promise<void> {
  const jsonl = `${path}.jsonl`
  writeFileSync(jsonl, chats(0, count))
  const duckdb = await (await DuckDBInstance.create(':memory:')).connect()
  await duckdb.run(
    `COPY (SELECT *, NULL::VARCHAR AS absent, 9007199254740993::HUGEINT::BIGINT AS big FROM read_json('${jsonl}'))
     TO '${path}' (FORMAT parquet, COMPRESSION ${compression}, ROW_GROUP_SIZE 2048)`,
  )
  duckdb.closeSync()
}

it('rows of a file that DuckDB wrote are ingested once, also when it has grown', async () => {
  const folder = await temporaryFolder()
  const path = join(folder, 'own.parquet')
  const args = [path, '--json', '--data-dir', join(folder, 'data')]
  const ingest = async () => JSON.parse((await runMain(['ingest', ...args])).out) as readonly object[]
  await writeChats(path, 5000)
  expect((await read(path)).rows[4999]).toEqual({
    id: 'r4999',
    messages: [
      { role: 'user', content: 'question 4999' },
      { role: 'assistant', content: 'yes' },
    ],
    absent: null,
    big: '9007199254740993',
  })
  expect(await ingest()).toMatchObject([{ records: 5000, rejected: 0, skipped: 0 }])
  expect(await ingest()).toMatchObject([{ records: 0, rejected: 0, skipped: 5000 }])
  await writeChats(path, 7000, 'snappy')
  expect(await ingest()).toMatchObject([{ records: 2000, rejected: 0, skipped: 5000 }])
  const log = await openLog(join(folder, 'data'))
  let records = 0
  for await (const _ of readAll(log, 'conversations.raw')) records++
  await log.close()
  expect(records).toBe(7000)
})
