import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { defaultFanout } from '../../../src/domain/fanout.js'
import type { ReadHow, SourceFormat } from '../../../src/domain/formats/format.js'
import { detectFormat, sourceFormats } from '../../../src/domain/formats/index.js'
import { type Fields, lessonKeys, meaningfulKeys } from '../../../src/domain/formats/meaning.js'
import { mapped } from '../../../src/domain/formats/map.js'
import { readSource } from '../../../src/domain/formats/read-source.js'
import { entryRefuses } from '../../../src/domain/formats/said.js'

/** What becomes of a record: its conversations as texts, and what was left out. */
function become(record: Fields, tools: ReadHow['tools'] = 'reject', format = detectFormat(record)) {
  const left: string[] = []
  const leave: ReadHow['leave'] = (reason, detail) => void left.push(`${reason}: ${detail}`)
  const read = readSource(format, record, defaultFanout, { tools, leave })
  const said = read.map(({ turns, system }) => [
    ...(system === null ? [] : [`System: ${system}`]),
    ...turns.map(turn => `${turn.from}: ${turn.value}`),
  ])
  return { format: format.name, said, left, read }
}

const lines = (name: string): Fields[] =>
  readFileSync(`test/data/field/${name}.jsonl`, 'utf8')
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Fields)

const user = { role: 'user', content: 'q' }
const reply = { role: 'assistant', content: 'a' }
const qa = [['User: q', 'Assistant: a']]
const ratings = { helpfulness: 4, correctness: 3, coherence: 4, complexity: 1, verbosity: 2 }

/** A record of every built-in format. */
const examples: Readonly<Record<string, Fields>> = {
  'oasst-tree': {
    message_tree_id: 't',
    prompt: { text: 'q', role: 'prompter', replies: [{ text: 'a', role: 'assistant', replies: [] }] },
  },
  helpsteer: { prompt: 'q', response: 'a', ...ratings },
  steerlm: {
    ...{ system: 's', mask: 'User', type: null },
    conversations: [
      { value: 'q', from: 'User', label: null },
      { value: 'a', from: 'Assistant', label: 'quality:4' },
    ],
  },
  litellm: { call_type: 'acompletion', messages: [user], response: { choices: [{ message: reply }] } },
  'request-response': { request: { messages: [user] }, response: { choices: [{ message: reply }] } },
  langsmith: { run_type: 'llm', inputs: { messages: [user] }, outputs: { choices: [{ message: reply }] } },
  sharegpt: {
    conversations: [
      { from: 'human', value: 'q' },
      { from: 'gpt', value: 'a' },
    ],
  },
  'openai-messages': { messages: [user, reply] },
  gemini: {
    contents: [
      { role: 'user', parts: [{ text: 'q' }] },
      { role: 'model', parts: [{ text: 'a' }] },
    ],
  },
  alpaca: { instruction: 'q', output: 'a' },
  otlp: {
    name: 'chat',
    attributes: {
      'gen_ai.input.messages': JSON.stringify([{ role: 'user', parts: [{ type: 'text', content: 'q' }] }]),
      'gen_ai.output.messages': JSON.stringify([{ role: 'assistant', parts: [{ type: 'text', content: 'a' }] }]),
    },
  },
  langfuse: { type: 'GENERATION', input: [user], output: reply },
  'prompt-completion': { prompt: 'q', completion: 'a' },
}

const message = (run: () => unknown): string | null => {
  try {
    run()
    return null
  } catch (error) {
    expect(error).toMatchObject({ code: 'STEERFLOW_SOURCE_INVALID' })
    return (error as Error).message
  }
}

describe('a key that carries meaning', () => {
  it('has an example in every format', () => {
    expect(Object.keys(examples)).toEqual(sourceFormats.map(({ name }) => name))
    for (const [name, record] of Object.entries(examples)) expect(become(record)).toMatchObject({ format: name })
  })

  it.each(sourceFormats.map(format => [format.name, format] as const))(
    'is read or refused by name: %s',
    (name, format) => {
      const record = examples[name]!
      const before = become(record).said
      for (const key of meaningfulKeys.filter(
        key => !Object.hasOwn(record, key) && !(name === 'otlp' && key === 'context'),
      )) {
        const values = lessonKeys.includes(key) ? [0, false, 0.5, 'x'] : ['strange', ['strange'], { strange: 1 }, 7]
        for (const value of values) {
          const given = { ...record, [key]: value }
          let after: unknown
          const problem = message(() => (after = become(given, 'reject', format).said))
          if (problem === null) expect([key, value, after]).not.toEqual([key, value, before])
          else expect(problem).toContain(key)
        }
        for (const nothing of [null, '', [], {}, '[]']) {
          if (lessonKeys.includes(key) && nothing !== null) continue
          // In ShareGPT’s form an empty system prompt is one, other than none.
          if (name === 'sharegpt' && key === 'system' && nothing === '') continue
          expect([key, become({ ...record, [key]: nothing }, 'reject', format).said]).toEqual([key, before])
        }
      }
    },
  )

  it.each(['messages', 'conversations', 'conversation'])('is read or refused by name in a turn of %s', list => {
    for (const key of [...entryRefuses, 'tool_calls', 'function_call', 'weight', 'train', 'loss']) {
      const value =
        key === 'tool_calls' ? [{ function: { name: 'f' } }] : key === 'function_call' ? { name: 'f' } : 'strange'
      const problem = message(() => become({ [list]: [user, { ...reply, [key]: value }] }))
      expect(problem).toContain(key)
      expect(become({ [list]: [user, { ...reply, [key]: null }] }).said).toEqual(qa)
    }
  })

  it('is refused in a format of your own that declares it', () => {
    const own: SourceFormat = {
      ...{ name: 'own', summary: '', attributeSet: null, refuses: ['tools', 'weight'] },
      detect: () => true,
      read: () => [{ treeId: null, turns: [{ value: 'q', from: 'User' }], system: null, mask: null }],
    }
    expect(message(() => become({ tools: ['t'] }, 'reject', own))).toContain('tools: the key carries meaning')
    expect(become({ tools: [] }, 'reject', own).said).toHaveLength(1)
    expect(become({ weight: 0 }, 'reject', own)).toMatchObject({
      said: [],
      left: ['not-to-learn: weight of the record'],
    })
  })

  it('may repeat in a text beside the turns what one of them says', () => {
    expect(become({ prompt: 'q', messages: [user, reply] }).said).toEqual(qa)
    expect(message(() => become({ prompt: 'other', messages: [user, reply] }))).toContain('prompt')
  })

  it('is found deep in a tree', () => {
    const reply = { text: 'a', role: 'assistant', replies: [], tool_calls: [{ name: 'f' }] }
    const tree = { message_tree_id: 't', prompt: { text: 'q', role: 'prompter', replies: [reply] } }
    expect(message(() => become(tree))).toContain('tool_calls')
  })
})

describe('null', () => {
  it('is an absent key in every record of an export', () => {
    expect(lines('null-columns').map(record => become(record).said)).toEqual([
      [['User: Hi from null system', 'Assistant: Hello']],
      [['System: S', 'User: treeid null', 'Assistant: ok']],
    ])
  })

  it.each(Object.entries(examples))('beside the keys of %s changes nothing', (_, record) => {
    const nulls = Object.fromEntries([...meaningfulKeys, 'id', 'model'].map(key => [key, null]))
    expect(become({ ...nulls, ...record })).toEqual(become(record))
  })

  it.each([null, ['a']])('and a list are no tree: prompt %j', prompt => {
    expect(() => detectFormat({ prompt })).toThrow(expect.objectContaining({ code: 'STEERFLOW_INPUT_FORMAT' }))
  })
})

describe('a system prompt beside a thread', () => {
  it('is read', () => {
    expect(lines('system-beside').map(record => become(record).said[0]![0])).toEqual([
      'System: Answer like a pirate.',
      'System: Be brief.',
    ])
  })

  it.each(['system', 'system_prompt', 'system_message', 'instructions'])('is read from %s, in either form', key => {
    const said = [['System: s', ...qa[0]!]]
    expect(become({ [key]: 's', ...examples['sharegpt'] }).said).toEqual(said)
    expect(become({ [key]: 's', ...examples['openai-messages'] }).said).toEqual(said)
    expect(become({ [key]: 's', messages: [{ role: 'system', content: 's' }, user, reply] }).said).toEqual(said)
    expect(
      message(() => become({ [key]: 's', messages: [{ role: 'system', content: 'other' }, user, reply] })),
    ).toContain(`${key}: another system prompt than in messages[0]`)
  })

  it('may not differ from another beside it', () => {
    expect(message(() => become({ system: 's', system_prompt: 't', messages: [user, reply] }))).toContain(
      'system_prompt',
    )
    expect(become({ system: '', system_prompt: 't', messages: [user, reply] }).said[0]![0]).toBe('System: t')
  })
})

const call = { function: { name: 'f', arguments: '{"a": 1}' } }
const withTools = {
  messages: [
    user,
    { role: 'assistant', content: null, tool_calls: [call] },
    { role: 'tool', tool_call_id: '1', content: '18' },
    { role: 'tool', tool_call_id: '2', content: '19' },
    reply,
  ],
}

describe('tools', () => {
  it.each(lines('tool-calls').map((record, index) => [index, record] as const))(
    'are rejected by default: row %i',
    (_, record) => {
      expect(message(() => become(record))).toMatch(/messages\[1\].*(?:tool_calls|function_call|reasoning_content)/)
    },
  )

  it.each<[string, Fields]>([
    ['beside a text', { messages: [user, { ...reply, tool_calls: [call] }, reply] }],
    ['as a role', { messages: [user, { role: 'function', name: 'f', content: '1' }, reply] }],
    ['as ShareGPT’s speakers', { conversations: [user, { from: 'observation', value: '{}' }, reply] }],
    [
      'as parts',
      { messages: [user, { role: 'assistant', content: [{ type: 'tool_use', name: 'f', input: {} }] }, reply] },
    ],
    [
      'as results in parts',
      { messages: [{ role: 'user', content: [{ type: 'tool_result', content: 'x' }] }, user, reply] },
    ],
    ['as definitions', { messages: [user, reply], tools: [{ name: 'f' }] }],
    ['as definitions in JSON text', { messages: [user, reply], tools: '[{"name": "f"}]' }],
  ])('are found %s', (_, record) => {
    expect(message(() => become(record))).toContain('tool')
    expect(become(record, 'drop-turns')).toMatchObject({ said: qa })
    expect(become(record, 'drop-turns').left[0]).toContain('tool-turns')
    expect(become(record, 'render').said).not.toEqual(qa)
  })

  it('can be left out with their turns, which are counted', () => {
    const { said, left } = become(withTools, 'drop-turns')
    expect(said).toEqual(qa)
    expect(left).toEqual([
      'tool-turns: left out: messages[1] (tool_calls), messages[2] (role tool), messages[3] (role tool)',
    ])
    expect(become({ messages: withTools.messages.slice(0, 3) }, 'drop-turns')).toMatchObject({ said: [] })
  })

  it('can be written as text', () => {
    expect(become({ ...withTools, tools: [{ name: 'f' }] }, 'render').said).toEqual([
      [
        'System: <tools>\n[{"name":"f"}]\n</tools>',
        'User: q',
        'Assistant: <tool_call>\n{"name":"f","arguments":{"a":1}}\n</tool_call>',
        'User: <tool_response>\n18\n</tool_response>\n<tool_response>\n19\n</tool_response>',
        'Assistant: a',
      ],
    ])
  })

  it('that are none are no tools', () => {
    const nothing = { tool_calls: [], function_call: null }
    expect(become({ tools: '[]', functions: [], messages: [user, { ...reply, ...nothing }] }).said).toEqual(qa)
  })

  it('have a developer’s prompt as system prompt', () => {
    expect(become({ messages: [{ role: 'developer', content: 's' }, user, reply] }).said[0]![0]).toBe('System: s')
  })

  it('take a refusal for the text where there is no other', () => {
    expect(become({ messages: [user, { role: 'assistant', content: null, refusal: 'No.' }] }).said[0]![1]).toBe(
      'Assistant: No.',
    )
    expect(message(() => become({ messages: [user, { role: 'assistant', content: null }] }))).toContain(
      'messages[1].content',
    )
  })
})

describe('a mark that a turn is not to be learnt', () => {
  it('is refused where a later answer is learnt', () => {
    for (const record of lines('not-to-learn')) expect(message(() => become(record))).toMatch(/\[1\].*not to be learnt/)
  })

  it.each<[string, Fields]>([
    ['weight', { weight: 0 }],
    ['train', { train: false }],
    ['loss', { loss: false }],
  ])('cuts what stands at the end: %s', (_, mark) => {
    const { said, left } = become({ messages: [user, reply, { role: 'user', content: 'r' }, { ...reply, ...mark }] })
    expect(said).toEqual(qa)
    expect(left[0]).toContain('not-to-learn: cut: the turns from messages[2] on')
    expect(become({ messages: [user, { ...reply, ...mark }] })).toMatchObject({ said: [] })
  })

  it('changes nothing on turns that are not learnt anyway, and where it says that they are', () => {
    expect(
      become({
        messages: [
          { ...user, weight: 0 },
          { ...reply, weight: 1 },
        ],
        train: true,
      }).said,
    ).toEqual(qa)
    const greeting = { role: 'assistant', content: 'Hi', weight: 0 }
    expect(become({ messages: [greeting, user, reply] }).said[0]).toHaveLength(3)
  })

  it('is 0 or 1', () => {
    expect(message(() => become({ messages: [user, { ...reply, weight: 0.5 }] }))).toContain('messages[1].weight')
    expect(message(() => become({ messages: [user, { ...reply, weight: 0, train: true }] }))).toContain('contradict')
  })

  it('of a whole record leaves it out', () => {
    expect(become({ messages: [user, reply], weight: 0 })).toMatchObject({
      said: [],
      left: ['not-to-learn: weight of the record'],
    })
  })
})

describe('prompts of HelpSteer2', () => {
  it('are the turns that they spell', () => {
    const all = lines('helpsteer2-multi-turn').map(record => become(record).read[0]!)
    expect(all.filter(({ turns }) => turns.length === 4)).toHaveLength(8)
    expect(all.filter(({ turns }) => turns.length === 2)).toHaveLength(12)
    expect(all[0]!.turns.map(({ from, value }) => `${from}: ${value}`)).toEqual([
      'User: Suggest 2 names for a dog.',
      'Assistant: Rex, Bello and 0 more.',
      'User: Shorter ones please.',
      'Assistant: Sure: Kit, Tom, Bo (0,0).',
    ])
    expect(all[0]!.turns.map(({ label }) => label)).toEqual([
      null,
      null,
      null,
      'helpfulness:3,correctness:3,coherence:4,complexity:1,verbosity:1',
    ])
  })

  it('end with the user', () => {
    const prompt = 'q\n\n<extra_id_1>Assistant\na'
    expect(message(() => become({ prompt, response: 'b', ...ratings }))).toContain(
      'prompt: it ends with a turn of the assistant',
    )
  })
})

describe('speakers', () => {
  it.each(['Human', 'USER', 'prompter', 'user'])('are known in their usual spellings: %s', from => {
    for (const to of ['GPT', 'chatgpt', 'bing', 'bard', 'Assistant', 'model'])
      expect(
        become({
          conversations: [
            { from, value: 'q' },
            { from: to, value: 'a' },
          ],
        }).said,
      ).toEqual(qa)
  })

  it('and texts may have the keys of the other form', () => {
    const read = lines('roles')
      .slice(0, 5)
      .map(record => become(record).said[0]!.length)
    expect(read).toEqual([2, 2, 2, 2, 2])
  })

  it('and keys of your own are mapped', () => {
    const record = {
      dialog: [
        { who: 'visitor', says: 'q', thinking: 'x' },
        { who: 'agent', says: 'a' },
      ],
    }
    const keys = { dialog: 'messages', who: 'role', says: 'content', thinking: '-' }
    expect(become(mapped(record, { keys, roles: { visitor: 'user', agent: 'assistant' } })).said).toEqual(qa)
    expect(
      become(mapped({ data: { turns: [user, reply] } }, { keys: { 'data.turns': 'messages' }, roles: {} })).said,
    ).toEqual(qa)
  })

  it('that are unknown are named, with the way out', () => {
    expect(message(() => become({ messages: [{ role: 'narrator', content: 'x' }, reply] }))).toContain(
      'unknown speaker "narrator"; ingest.map',
    )
  })

  it('must not have two names or two texts', () => {
    expect(message(() => become({ messages: [{ ...user, from: 'gpt' }, reply] }))).toContain(
      'messages[0].from: it contradicts role',
    )
    expect(message(() => become({ messages: [{ ...user, value: 'other' }, reply] }))).toContain('messages[0].value')
  })
})

describe('shapes that cannot be read', () => {
  it.each<[string, Fields]>([
    ['DPO', lines('other-formats')[0]!],
    ['HelpSteer3', lines('other-formats')[2]!],
    ['preference pair', { conversation_a: [user], conversation_b: [user], winner: 'a' }],
    ['UltraChat', lines('other-formats')[3]!],
    ['a text without speakers', { text: 'once' }],
    ['ingest.map', { a: 1 }],
    [
      "a list of 2 records below the key data: take them out first, with jq -c '.data[]'",
      { data: [{ a: 1 }, { a: 2 }] },
    ],
  ])('say why: %s', (reason, record) => {
    expect(() => detectFormat(record)).toThrow(
      expect.objectContaining({ code: 'STEERFLOW_INPUT_FORMAT', message: expect.stringContaining(reason) as string }),
    )
  })

  it('are refused by the key where the turns are beside them', () => {
    expect(message(() => become({ messages: [user], chosen: [reply], rejected: [reply] }))).toContain('chosen')
    expect(
      message(() =>
        become({ conversations: [user], chosen: { from: 'gpt', value: 'a' }, rejected: { from: 'gpt', value: 'b' } }),
      ),
    ).toContain('chosen')
  })

  it.each(['thinking', 'image_url', 'input_audio'])('are parts of type %s: only text is taken', type => {
    expect(message(() => become({ messages: [user, { role: 'assistant', content: [{ type }] }] }))).toBe(
      `messages[1].content[0]: content part of type ${type}: only text is taken`,
    )
  })
})

describe('labels', () => {
  it('decide the attribute set of a record', () => {
    const sets = lines('nemo-helpsteer-12').map(record => become(record).read[0]!.attributeSet)
    expect(new Set(sets)).toEqual(new Set(['helpsteer-5@1']))
  })

  const labelled = (label: string): Fields => ({
    ...{ system: 's', mask: 'User' },
    conversations: [
      { value: 'q', from: 'User', label: null },
      { value: 'a', from: 'Assistant', label },
    ],
  })
  it.each([
    ['quality:4', 'oasst-12@1'],
    ['quality:4,correctness:2', 'steerlm-9@1'],
    ['helpfulness:1,verbosity:2', 'helpsteer-5@1'],
    ['quality:4,lang:en', undefined],
  ])('%s fit %s', (label, set) => {
    expect(become(labelled(label)).read[0]!.attributeSet).toBe(set)
  })

  it('with a key that no set has are refused', () => {
    expect(message(() => become(labelled('quality:4,charm:2')))).toContain(
      'conversations[1].label: no attribute set has the key charm',
    )
    expect(message(() => become(labelled('quality:4,verbosity:2,violence:1')))).toContain(
      'no attribute set has all of the keys',
    )
    expect(message(() => become(labelled('quality=4')))).toContain('conversations[1].label')
  })

  it('are NeMo’s canonical form or not', () => {
    expect(lines('canonical-form').map(record => become(record).said[0]!.length)).toEqual([3, 3])
  })

  it('keep the names of speakers where a mask names one', () => {
    const [{ turns, mask }] = become(lines('nemo-human-gpt')[0]!).read as [ReturnType<typeof become>['read'][number]]
    expect([mask, ...turns.map(({ from }) => from)]).toEqual(['human', 'human', 'gpt'])
  })
})

describe('answers that are none', () => {
  const request = { messages: [user] }
  const left = (record: Fields): string[] => {
    const reasons: string[] = []
    const format = detectFormat(record)
    const found = format.read(record, defaultFanout, {
      tools: 'reject',
      leave: (reason, detail) => void reasons.push(`${reason}: ${detail}`),
    })
    expect(found).toEqual([])
    return reasons
  }

  it.each<[string, Fields]>([
    ['finish_reason: length', { choices: [{ message: reply, finish_reason: 'length' }] }],
    ['finish_reason: content_filter', { choices: [{ message: reply, finish_reason: 'content_filter' }] }],
    [
      'stop_reason: max_tokens',
      { role: 'assistant', content: [{ type: 'text', text: 'a' }], stop_reason: 'max_tokens' },
    ],
    ['finishReason: MAX_TOKENS', { candidates: [{ content: { parts: [{ text: 'a' }] }, finishReason: 'MAX_TOKENS' }] }],
    ['finishReason: SAFETY', { candidates: [{ content: { parts: [{ text: 'a' }] }, finishReason: 'SAFETY' }] }],
    ['status: incomplete', { status: 'incomplete', output: [{ type: 'message', role: 'assistant', content: 'a' }] }],
  ])('are left out by the reason that the server gives: %s', (reason, response) => {
    expect(left({ request, response })).toEqual([expect.stringContaining(`not-to-learn: response`) as string])
    expect(left({ request, response })[0]).toContain(`the answer is not whole (${reason})`)
  })

  it('leave the other choices of their record', () => {
    const choices = [
      { message: { role: 'assistant', content: 'whole' }, finish_reason: 'stop' },
      { message: { role: 'assistant', content: 'cu' }, finish_reason: 'length' },
    ]
    expect(become({ request, response: { choices } }).said).toEqual([['User: q', 'Assistant: whole']])
  })

  it.each<[string, Fields]>([
    ['status 500', { status: 500 }],
    ['status 429', { status_code: 429 }],
    ['success is false', { success: false }],
    ['error', { error: 'timeout' }],
  ])('are left out where the call failed: %s', (reason, beside) => {
    const response = { choices: [{ message: reply }] }
    expect(left({ request, response, ...beside })).toEqual([`no-chat: the call failed: ${reason}`])
  })

  it('are choices of their own in spans', () => {
    const span = (attributes: Fields, more: Fields = {}) => become({ name: 'chat', attributes, ...more })
    const asked = { 'gen_ai.prompt.0.role': 'user', 'gen_ai.prompt.0.content': 'q' }
    const two = { ...asked, 'gen_ai.completion.0.content': 'x', 'gen_ai.completion.1.content': 'y' }
    expect(span(two).said).toEqual([
      ['User: q', 'Assistant: x'],
      ['User: q', 'Assistant: y'],
    ])
    const { said, left: cut } = span({ ...two, 'gen_ai.completion.1.finish_reason': 'length' })
    expect(said).toEqual([['User: q', 'Assistant: x']])
    expect(cut[0]).toContain('not-to-learn')
    const messages = JSON.stringify(
      ['x', 'y'].map(content => ({ role: 'assistant', parts: [{ type: 'text', content }] })),
    )
    const input = JSON.stringify([{ role: 'user', parts: [{ type: 'text', content: 'q' }] }])
    expect(span({ 'gen_ai.input.messages': input, 'gen_ai.output.messages': messages }).said).toHaveLength(2)
    for (const failed of [{ status: { code: 2 } }, { status: { code: 'STATUS_CODE_ERROR' } }])
      expect(span(two, failed).left).toEqual(['no-chat: span "chat": the call failed'])
  })

  it('are refused where labels of a tree are columns', () => {
    const prompt = { text: 'q', role: 'prompter', replies: [], labels: { name: ['quality'], value: [0.75] } }
    expect(message(() => become({ message_tree_id: 't', prompt }))).toContain('they are in columns (name, value)')
  })

  it.each([
    ['a stream of events (SSE)', 'data: {"choices":[{"delta":{"content":"he"}}]}\n\ndata: [DONE]\n'],
    ['an HTML page', '<html><body>502 Bad Gateway</body></html>'],
  ])('are refused for what they are: %s', (name, response) => {
    expect(message(() => become({ request, response }))).toContain(`response: it is ${name}, not an answer`)
  })
})

describe('ratings', () => {
  const five = { helpfulness: 1, correctness: 1, coherence: 1, complexity: 1, verbosity: 1 }

  it.each<[string, Fields]>([
    ['toxicity', { prompt: 'q', response: 'a', ...five, toxicity: 4 }],
    ['rating', { prompt: 'q', response: 'a', ...five, rating: 5 }],
    ['quality', { prompt: 'q', completion: 'a', quality: 4 }],
    ['reward', { prompt: 'q', completion: 'a', reward: 0.5 }],
    ['humor', { instruction: 'q', output: 'a', humor: 0 }],
  ])('that a format does not read are refused by their key: %s', (key, record) => {
    expect(message(() => become(record))).toContain(`${key}: the key carries meaning`)
  })

  it('are refused too where a format is named that does not read them', () => {
    const format = sourceFormats.find(({ name }) => name === 'prompt-completion')!
    expect(message(() => become({ prompt: 'q', response: 'a', ...five }, 'reject', format))).toContain('helpfulness')
  })
})
