import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Fault, FaultRule } from '../../test/support/contract-server/faults.js'
import { type Figure, figure } from '../figure.js'
import type { Settings } from '../settings.js'
import { sized } from '../sizes.js'
import { annotate, labelsOf } from './annotated.js'
import { withServers } from './servers.js'
import { writeConversations } from './texts.js'

const slots = { kind: 'slots', slots: 8, ms: 5 }
const records = sized(10_000, 300)
const share = 0.01

/** Every kind of fault. A refused value and a status 400 come at random, too: they do not say that a record is bad. */
const faults: readonly Fault[] = [
  ...[400, 404, 429, 500, 502].map(status => ({ kind: 'status', status }) as const),
  { kind: 'status', status: 503, retryAfter: 0.1 },
  { kind: 'string' },
  { kind: 'count' },
  { kind: 'not-json' },
  { kind: 'reset' },
  { kind: 'hang' },
  { kind: 'slow', ms: 300 },
  { kind: 'nonsense' },
]

/** Rules by which each fault hits 1 % of a server's requests, not the same for all, and the same in every run. */
function rules(seed: number): FaultRule[] {
  let state = seed
  const random = (): number => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31
  return faults.map(fault => {
    const requests = Array.from({ length: records }, (_, i) => i + 1).filter(() => random() < share)
    return { fault, requests }
  })
}

/** 10,000 turns on four servers without faults and with 1 % of every fault: what is lost, doubled, or comes out otherwise? */
export async function underFaults(settings: Settings): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'steerflow-bench-'))
  try {
    const input = join(folder, 'in')
    await writeConversations(input, records)
    const [clean, faulty] = [join(folder, 'clean'), join(folder, 'faulty')]
    const modes = [slots, slots, slots, slots]
    const deadline = ['--deadline', '1']
    const run = (output: string, options: readonly { faults: FaultRule[] }[]): Promise<number> =>
      withServers(
        modes,
        servers =>
          annotate(
            input,
            output,
            servers.map(one => one.url),
            deadline,
            true,
          ),
        options,
      )
    const cleanSeconds = await run(clean, [])
    const faultySeconds = await run(
      faulty,
      modes.map((_, index) => ({ faults: rules(index + 1) })),
    )
    const { lost, doubled, different } = await compare(clean, faulty)
    const refused = await refusals(`${faulty}.rejected.jsonl`)
    if (settings.verbose || lost + doubled + different > 0) {
      process.stderr.write(
        `    ${lost} lost, of them ${refused} refused; ${doubled} doubled, ${different} different; ` +
          `${cleanSeconds.toFixed(1)} s without faults, ${faultySeconds.toFixed(1)} s with\n`,
      )
    }
    const every = `${records} turns with 1 % of each of ${faults.length} faults; 1 s a call at most`
    return [
      figure('fleet.faults.none-lost', 1, `${every}: 1 when every record is there`, 'yes', [lost === 0 ? 1 : 0]),
      figure('fleet.faults.none-doubled', 1, `${every}: 1 when none is there twice`, 'yes', [doubled === 0 ? 1 : 0]),
      figure('fleet.faults.same-labels', 1, `${every}: 1 when all labels are those of the run without faults`, 'yes', [
        different === 0 ? 1 : 0,
      ]),
      figure('fleet.faults.refused', null, `${every}: records that a server called invalid`, 'records', [refused]),
      figure('fleet.faults.lost-otherwise', null, `${every}: records lost in any other way`, 'records', [
        lost - refused,
      ]),
      figure('fleet.faults.speed', null, `${every}; the run without faults`, 'ratio', [cleanSeconds / faultySeconds]),
    ]
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** How many records were rejected since a server said that they are invalid. */
async function refusals(path: string): Promise<number> {
  const rejected = await readFile(path, 'utf8').catch(() => '')
  return rejected.split('\n').filter(line => line.includes('STEERFLOW_INFERENCE_REFUSED')).length
}

async function compare(clean: string, faulty: string): Promise<{ lost: number; doubled: number; different: number }> {
  const [expected, got] = [await labelsOf(clean), await labelsOf(faulty)]
  if (expected.length !== records) throw new Error(`${expected.length} of ${records} records without faults`)
  const labels = new Map(got.map(one => [one.text, one.labels.join()]))
  return {
    lost: expected.filter(one => !labels.has(one.text)).length,
    doubled: got.length - labels.size,
    different: expected.filter(one => labels.has(one.text) && labels.get(one.text) !== one.labels.join()).length,
  }
}
