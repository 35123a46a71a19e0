import { expect, it } from 'vitest'
import { z } from 'zod'
import {
  type Answer,
  classifyStatus,
  type Conversation,
  defineFlow,
  type EncodedRow,
  type Encoder,
  type ExportContext,
  type ExportFormat,
  type FanoutBounds,
  type Generation,
  type HttpReply,
  type HttpRequest,
  type JobEvent,
  type JobPaths,
  type OwnProtocolOptions,
  type AttributeSet,
  parseOrUndefined,
  type Protocol,
  readThread,
  type Rendered,
  rewardsInOrder,
  runScript,
  type SourceConversation,
  type SourceFormat,
  strings,
  trainer,
  type Trainer,
  type TrainerResult,
  type Verdict,
} from '../src/index.js'

// Parts of a flow in TypeScript, of nothing but what the package exports: that this compiles is the test.

class Mail implements SourceFormat {
  readonly name = 'mail'
  readonly summary = 'threads of mail: {mails: [[sender, text]]}'
  readonly attributeSet = null
  detect(record: Readonly<Record<string, unknown>>): boolean {
    return Array.isArray(record['mails'])
  }
  read(record: Readonly<Record<string, unknown>>, { turns }: FanoutBounds): SourceConversation[] {
    const mails = z
      .array(z.tuple([z.string(), z.string()]))
      .max(turns)
      .parse(record['mails'])
    const entries = mails.map(([speaker, text]) => ({ speaker, text }))
    return [readThread(entries, { me: 'Assistant', you: 'User' }, index => `mails[${index}]`)]
  }
}

class Judge implements Protocol {
  readonly name = 'judge'
  readonly gives = 'scores'
  readonly maxBatch = 8
  constructor(
    private readonly options: OwnProtocolOptions,
    private readonly set: AttributeSet,
  ) {}
  request(generations: readonly Generation[]): HttpRequest {
    const body = JSON.stringify({ model: this.options.model, prompts: generations.map(({ prompt }) => prompt) })
    return { method: 'POST', path: '/judge', headers: {}, body }
  }
  classify(reply: HttpReply): Verdict {
    if (reply.status !== 200) return classifyStatus(reply)
    const rows = parseOrUndefined(reply.body) as readonly (readonly number[])[]
    const answers = rows.map((row): Answer => {
      const rewards = rewardsInOrder(row, this.set)
      return { kind: 'scores', scores: 'scores' in rewards ? rewards.scores : {}, tokens: null }
    })
    return { kind: 'ok', answers }
  }
}

const result: TrainerResult = { kind: 'mail', model: 'model.bin', metrics: null }
const tuner: Trainer = trainer({
  name: 'tuner',
  role: 'steerlm',
  result,
  settings: z.strictObject({ steps: z.int().default(10) }),
  render: (job: JobEvent, { steps: count }, { snapshot, output }: JobPaths): Rendered => {
    const steps = [['tune', snapshot, output, String(count), job.job]]
    return { files: { 'run.sh': runScript('Tunes.', { steps }) }, steps }
  },
})

const texts: ExportFormat = {
  name: 'texts',
  summary: 'texts alone',
  open: ({ snapshot }: ExportContext): Encoder => ({
    features: strings('text'),
    about: [`Texts of ${snapshot.dataset}.`],
    encode: ({ conversations }: Conversation): EncodedRow => ({
      rows: conversations.map(({ value }) => JSON.stringify(value)),
    }),
  }),
}

it('parts of a flow are written with what the package exports', () => {
  const flow = defineFlow(base =>
    base
      .withFormats(new Mail())
      .withProtocols({ judge: (options, set) => new Judge(options, set) })
      .withTrainers(tuner)
      .withExports(texts),
  )
  expect(
    flow.formats[0]!.read(
      {
        mails: [
          ['you', 'Hi'],
          ['me', 'Ho'],
        ],
      },
      { paths: 1, turns: 9, bytes: 9 },
    ),
  ).toHaveLength(1)
  expect(Object.keys(flow.protocols)).toContain('judge')
  expect([flow.trainers, flow.exports].map(parts => parts.at(-1)!.name)).toEqual(['tuner', 'texts'])
})
