import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openTrainingIndex } from '../../src/adapters/bootstrap/training-index.js'
import { openSnapshots } from '../../src/adapters/snapshot/snapshots.js'
import type { Snapshot } from '../../src/domain/job.js'
import { seal } from '../../test/support/sealed.js'
import { conversation } from '../../test/support/training.js'
import { type Figure, figure } from '../figure.js'
import { sized } from '../sizes.js'
import { texts } from './near-texts.js'

const records = sized(100_000, 300)
/** Milliseconds between two looks at the clock. */
const tick = 5

interface Opened {
  /** Texts a second. */
  readonly rate: number
  /** The longest that the event loop was kept from its work, in milliseconds. */
  readonly pause: number
}

async function opened(root: string, snapshot: Snapshot): Promise<Opened> {
  const started = performance.now()
  let last = started
  let pause = 0
  const timer = setInterval(() => {
    const now = performance.now()
    pause = Math.max(pause, now - last - tick)
    last = now
  }, tick)
  const { size } = await openTrainingIndex({ root, snapshot })
  clearInterval(timer)
  if (size !== records) throw new Error(`${size} texts were indexed`)
  return { rate: (size * 1000) / (performance.now() - started), pause }
}

/** Opening the index of a training snapshot of 100,000 answers of 60 words: the first time, and from what is kept. */
export async function nearOpen(): Promise<Figure[]> {
  const root = await mkdtemp(join(tmpdir(), 'steerflow-bench-'))
  try {
    const source = texts(3)
    const given = Array.from({ length: records }, (_, at) => conversation(`r${at}`, { text: source.words().join(' ') }))
    const snapshots = await openSnapshots({ root })
    const snapshot = await snapshots.materialise('d', await seal(root, [given], records))
    const made: Opened[] = []
    const kept: Opened[] = []
    for (let round = 0; round < sized(3, 1); round++) {
      await rm(join(root, 'near-duplicates'), { recursive: true, force: true })
      made.push(await opened(root, snapshot))
      kept.push(await opened(root, snapshot))
    }
    const figures = (name: string, all: readonly Opened[]): Figure[] => [
      figure(
        `training index ${name}`,
        null,
        'none',
        'texts/s',
        all.map(({ rate }) => rate),
      ),
      figure(
        `training index ${name}: longest pause`,
        null,
        'none',
        'ms',
        all.map(({ pause }) => pause),
      ),
    ]
    return [...figures('made', made), ...figures('read again', kept)]
  } finally {
    await rm(root, { recursive: true, force: true })
  }
}
