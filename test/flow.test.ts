import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { Conversation } from '../src/domain/conversation.js'
import { builtIn, defineFlow, type Flow } from '../src/flow.js'
import type { Protocol } from '../src/adapters/inference/protocols/protocol.js'
import type { ExportFormat } from '../src/domain/export/export-format.js'
import type { SourceFormat } from '../src/domain/formats/format.js'
import { sourceFormats } from '../src/domain/formats/index.js'
import { node } from '../src/stages/node.js'
import { each } from '../src/stages/stage.js'
import { topic } from '../src/stages/topic.js'
import { trainer } from '../src/trainers/trainer.js'
import * as topics from '../src/topics.js'

const conversations = (name: string) =>
  topic({ ...topics.unscoredClean, name: `conversations.${name}`, summary: `${name}.` })
const [clean, held] = [conversations('own-clean'), conversations('own-held')]

const ownStage = each({
  name: 'own-stage',
  summary: 'Leaves out what is private.',
  input: Conversation,
  ports: { clean: Conversation, held: Conversation },
  options: z.strictObject({ most: z.int().default(10).describe('most findings') }),
  examples: [],
  create:
    ({ to }) =>
    record =>
      to.clean(record),
})
const inserted = { name: 'own-stage', stage: ownStage, port: 'clean', through: clean, to: { held } } as const

const wiring = (flow: Flow, name: string) => {
  const { from, to } = flow.node(name)!
  return [from.name, Object.fromEntries(Object.entries(to).map(([port, { name }]) => [port, name]))]
}

const format = (name: string): SourceFormat => ({
  name,
  summary: `${name}.`,
  attributeSet: null,
  detect: () => false,
  read: () => [],
})

const exported = (name: string): ExportFormat => ({
  name,
  summary: `${name}.`,
  open: () => ({ features: [], about: [], encode: () => ({ rows: [] }) }),
})

const protocol: Protocol = {
  name: 'rater',
  gives: 'scores',
  maxBatch: 1,
  request: () => ({ method: 'POST', path: '/rate', headers: {}, body: '' }),
  classify: () => ({ kind: 'elsewhere', reason: '' }),
}

const trained = (name: string) =>
  trainer({
    name,
    role: 'value',
    result: null,
    settings: z.strictObject({}),
    render: () => ({ files: {}, steps: [['true']] }),
  })

describe('a flow of one’s own', () => {
  it('has a stage before a node, which reads what the node has read', () => {
    const flow = defineFlow(base => base.insertBefore('annotate', inserted))
    expect(wiring(flow, 'own-stage')).toEqual([
      wiring(builtIn, 'annotate')[0],
      { clean: 'conversations.own-clean', held: 'conversations.own-held' },
    ])
    expect(wiring(flow, 'annotate')).toEqual(['conversations.own-clean', { annotated: 'conversations.annotated' }])
    const names = flow.nodes.map(({ name }) => name)
    expect(names.indexOf('own-stage')).toBe(names.indexOf('annotate') - 1)
    expect(names).toHaveLength(builtIn.nodes.length + 1)
    expect(flow.topics.map(({ name }) => name)).toEqual([
      ...builtIn.topics.map(({ name }) => name),
      'conversations.own-clean',
      'conversations.own-held',
    ])
    expect(flow.stages).toContainEqual(expect.objectContaining({ name: 'own-stage' }))
  })

  it('has a stage after a port, which writes where the port led', () => {
    const flow = builtIn.insertAfter('clean-unscored', 'kept', inserted)
    expect(wiring(flow, 'clean-unscored')).toEqual([
      wiring(builtIn, 'clean-unscored')[0],
      { kept: 'conversations.own-clean', dropped: 'conversations.dropped' },
    ])
    expect(wiring(flow, 'own-stage')).toEqual([
      'conversations.own-clean',
      { clean: 'conversations.unscored-clean', held: 'conversations.own-held' },
    ])
    expect(wiring(flow, 'annotate')).toEqual(wiring(builtIn, 'annotate'))
  })

  it('leaves the flow that it is made of as it is', () => {
    const before = builtIn.nodes.map(({ name }) => wiring(builtIn, name))
    builtIn.insertBefore('annotate', inserted).without('promote')
    expect(builtIn.nodes.map(({ name }) => wiring(builtIn, name))).toEqual(before)
  })

  it('replaces and leaves out nodes, and has more at its end', () => {
    const scored = node('scored-again', ownStage, { from: topics.scored, to: { clean, held } })
    const flow = builtIn
      .replace('promote', scored)
      .add(node('more', ownStage, { from: clean, to: { clean: held, held } }))
    expect(flow.node('promote')).toBeNull()
    expect(flow.nodes.at(-1)!.name).toBe('more')
    expect(builtIn.without('seal-scored').node('seal-scored')).toBeNull()
  })

  it('wires the onDeadLetter and the fixed options of a node on', () => {
    const flow = builtIn.insertBefore('seal-bootstrap', inserted)
    expect(flow.node('seal-bootstrap')).toMatchObject({ fixed: { dataset: 'bootstrap-{round}' }, from: clean })
    expect(flow.node('seal-bootstrap')!.onDeadLetter?.to.name).toBe(topics.outcomes.name)
  })

  it('has formats that are tried before those that there are, and the parts of the flow it is made of', () => {
    const [a, b, c] = [format('a'), format('b'), format('c')]
    const flow = builtIn.withFormats(a, b).withFormats(c).insertBefore('annotate', inserted).from('flow.js')
    expect(flow.formats).toEqual([c, a, b, ...sourceFormats])
    expect(builtIn.formats).toEqual(sourceFormats)
  })

  it('has inference protocols beside those that there are', () => {
    const flow = builtIn.withProtocols({ rater: protocol }).withProtocols({ other: () => protocol })
    expect(Object.keys(flow.protocols)).toEqual([...Object.keys(builtIn.protocols), 'rater', 'other'])
    expect(builtIn.withExports(exported('rows')).protocols).toEqual(builtIn.protocols)
  })

  it('has trainers beside those that there are', () => {
    const names = ({ trainers }: Flow) => trainers.map(({ name }) => name)
    expect(names(builtIn.withTrainers(trained('a'), trained('b')))).toEqual([...names(builtIn), 'a', 'b'])
  })

  it('has export formats beside those that there are', () => {
    const names = ({ exports }: Flow) => exports.map(({ name }) => name)
    const flow = builtIn.withExports(exported('rows')).withFormats(format('a'))
    expect(names(flow)).toEqual([...names(builtIn), 'rows'])
    expect(flow.formats).toHaveLength(sourceFormats.length + 1)
  })

  it.each<[what: string, make: () => Flow, message: RegExp]>([
    [
      'a node that is not there',
      () => builtIn.insertBefore('anotate', inserted),
      /no node is called anotate; known: preprocess, /,
    ],
    [
      'a port that is not there',
      () => builtIn.insertAfter('clean-unscored', 'clean', inserted),
      /no port clean; it has kept, dropped/,
    ],
    [
      'other records',
      () => builtIn.insertBefore('preprocess', inserted),
      /own-stage reads Conversation, but conversations.raw holds Raw/,
    ],
    [
      'a topic of other records',
      () => builtIn.insertBefore('annotate', { ...inserted, through: topics.raw }),
      /the port clean gives Conversation, but conversations.raw holds Raw/,
    ],
    [
      'a port that leads nowhere',
      () => builtIn.insertBefore('annotate', { ...inserted, to: {} as never }),
      /the port held of own-stage leads nowhere/,
    ],
    [
      'the name of another node',
      () => builtIn.insertBefore('annotate', { ...inserted, name: 'promote' }),
      /two nodes are called promote/,
    ],
    [
      'a name that is none',
      () => builtIn.insertBefore('annotate', { ...inserted, name: 'Own 1' }),
      /cannot be called Own 1/,
    ],
    [
      'a name kept for others',
      () => builtIn.insertBefore('annotate', { ...inserted, name: 'relabel-x' }),
      /cannot be called relabel-x/,
    ],
    [
      'another topic of a name',
      () => builtIn.insertBefore('annotate', { ...inserted, through: conversations('scored') }),
      /two topics are called conversations.scored/,
    ],
    [
      'the topic that the node before it reads',
      () => builtIn.insertBefore('annotate', { ...inserted, through: topics.unscoredClean }),
      /own-stage would read and write conversations.unscored-clean: give through a topic of its own/,
    ],
    [
      'the topic to which the port leads',
      () => builtIn.insertAfter('clean-unscored', 'kept', { ...inserted, through: topics.unscoredClean }),
      /own-stage would read and write conversations.unscored-clean/,
    ],
    [
      'the name of a built-in format',
      () => builtIn.withFormats(format('sharegpt')),
      /two source formats are called sharegpt/,
    ],
    [
      'the name of the flat format',
      () => builtIn.withFormats(format('oasst-flat')),
      /two source formats are called oasst-flat/,
    ],
    [
      'one format twice',
      () => builtIn.withFormats(format('a')).withFormats(format('a')),
      /two source formats are called a/,
    ],
    [
      'a format whose name is none',
      () => builtIn.withFormats(format('My format')),
      /no source format can be called My format: expected lowercase letters/,
    ],
    [
      'a format that reads nothing',
      () => builtIn.withFormats({ ...format('a'), read: undefined } as never),
      /read of the source format a: expected a function, got undefined/,
    ],
    [
      'a format that is none',
      () => builtIn.withFormats('a' as never),
      /every source format must be an object, but one is string/,
    ],
    [
      'the name of a built-in protocol',
      () => builtIn.withProtocols({ 'openai-chat': protocol }),
      /two inference protocols are called openai-chat/,
    ],
    [
      'a protocol whose name is none',
      () => builtIn.withProtocols({ Rater: protocol }),
      /no inference protocol can be called Rater/,
    ],
    [
      'a protocol that reads no reply',
      () => builtIn.withProtocols({ rater: { ...protocol, classify: undefined } as never }),
      /the inference protocol rater\.classify: expected a function/,
    ],
    ['the name of a built-in trainer', () => builtIn.withTrainers(trained('trl')), /two trainers are called trl/],
    ['one trainer twice', () => builtIn.withTrainers(trained('a'), trained('a')), /two trainers are called a/],
    ['the name of no trainer', () => builtIn.withTrainers(trained('none')), /two trainers are called none/],
    [
      'a trainer of no role',
      () => builtIn.withTrainers({ ...trained('a'), role: 'judge' } as never),
      /the trainer a: role: Invalid option/,
    ],
    [
      'the name of a built-in export',
      () => builtIn.withExports(exported('steerlm')),
      /two export formats are called steerlm/,
    ],
    [
      'an export that cannot be opened',
      () => builtIn.withExports({ name: 'rows', summary: '' } as never),
      /open of the export format rows: expected a function, got undefined/,
    ],
    [
      'a topic that nobody writes any more',
      () => builtIn.without('annotate'),
      /clean-scored reads conversations.annotated, which no node writes any more/,
    ],
  ])('is refused with %s', (_, make, message) => {
    expect(make).toThrow(message)
    expect(make).toThrow(expect.objectContaining({ code: 'STEERFLOW_FLOW_INVALID' }) as Error)
  })
})
