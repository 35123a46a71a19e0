import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { defaultFanout } from '../../../src/domain/fanout.js'
import type { ReadHow } from '../../../src/domain/formats/format.js'
import { detectFormat } from '../../../src/domain/formats/index.js'
import type { Fields } from '../../../src/domain/formats/meaning.js'
import { readSource } from '../../../src/domain/formats/read-source.js'

/** A record's format, its conversations as texts, and what was left out. */
function become(record: Fields, tools: ReadHow['tools'] = 'reject') {
  const left: string[] = []
  const format = detectFormat(record)
  const leave: ReadHow['leave'] = (reason, detail) => void left.push(`${reason}: ${detail}`)
  const said = readSource(format, record, defaultFanout, { tools, leave }).map(({ turns, system }) =>
    [...(system === null ? [] : [`S:${system}`]), ...turns.map(({ from, value }) => `${from[0]!}:${value}`)].join(' '),
  )
  return { format: format.name, said, left }
}

const user = { role: 'user', content: 'q' }
const reply = { role: 'assistant', content: 'a' }
const choices = [
  { index: 0, finish_reason: 'stop', message: { ...reply, refusal: null, tool_calls: null, annotations: [] } },
]
const text = (value: unknown): string => JSON.stringify(value)

const parts = (role: string, content: string) => ({ role, parts: [{ type: 'text', content }], finish_reason: 'stop' })
const attributes = (given: Record<string, string | number>) =>
  Object.entries(given).map(([key, value]) => ({
    key,
    value: typeof value === 'string' ? { stringValue: value } : { intValue: `${value}` },
  }))
const span = (name: string, given: Record<string, string | number>, more: object = {}) => ({
  name,
  traceId: 't',
  spanId: 's',
  ...more,
  attributes: attributes(given),
})
const exported = (...spans: object[]) => ({
  resourceSpans: [{ resource: { attributes: [] }, scopeSpans: [{ scope: { name: 'x' }, spans }] }],
})

const genAi = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.input.messages': text([parts('user', 'q')]),
  'gen_ai.output.messages': text([parts('assistant', 'a')]),
}

describe('logs of conversations', () => {
  it('are read, in the shapes of the tools that write them', () => {
    const lines = readFileSync('test/data/field/log-shapes.jsonl', 'utf8').trimEnd().split('\n')
    const read = lines.map(line => become(JSON.parse(line) as Fields, 'drop-turns'))
    expect(read.map(({ format, said, left }) => [format, said[0] ?? left[0]])).toEqual([
      ['litellm', 'U:What is the capital of France? A:Paris.'],
      ['litellm', 'U:Hello there A:Hi! How can I help? U:What is the capital of Spain? A:Madrid is the capital.'],
      ['request-response', 'U:Hi A:Hello'],
      ['sharegpt', 'U:Name a prime A:7'],
      ['openai-messages', 'U:Weather in Rome? A:It is 18 degrees.'],
      ['openai-messages', 'U:Say hi A:hi'],
      ['otlp', 'no-chat: span "chat gpt-x": it has no messages'],
      ['langfuse', 'U:a A:b'],
      ['prompt-completion', 'U:Name a colour A:Blue'],
    ])
  })

  it.each<[string, string, Fields]>([
    ['LiteLLM, as text', 'litellm', { call_type: 'completion', messages: text([user]), response: text({ choices }) }],
    [
      'LiteLLM, Anthropic’s answer',
      'litellm',
      {
        call_type: 'anthropic_messages',
        messages: [user],
        response: { role: 'assistant', content: [{ type: 'text', text: 'a' }] },
      },
    ],
    ['messages beside a response', 'openai-messages', { messages: [user], response: { choices } }],
    ['messages beside choices', 'openai-messages', { object: 'chat.completion', messages: [user], choices }],
    ['messages beside a completion', 'openai-messages', { messages: [user], completion: 'a' }],
    ['messages that end with the answer too', 'openai-messages', { messages: [user, reply], response: { choices } }],
    ['a gateway', 'request-response', { request: { messages: [user] }, response: { choices } }],
    [
      'a gateway with bodies',
      'request-response',
      { request: { method: 'POST', body: { messages: [user] } }, response: { status: 200, body: { choices } } },
    ],
    [
      'a gateway with bodies as text',
      'request-response',
      { request_body: text({ messages: [user] }), response_body: text({ choices }) },
    ],
    [
      'a gateway with all as text',
      'request-response',
      { request: text({ messages: [user] }), response: text({ choices }) },
    ],
    [
      'OpenAI’s responses',
      'request-response',
      {
        request: { input: 'q' },
        response: {
          output: [
            { type: 'reasoning', summary: [] },
            { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'a' }] },
          ],
        },
      },
    ],
    ['completions', 'request-response', { request: { prompt: 'q' }, response: { choices: [{ text: 'a' }] } }],
    ['Ollama', 'request-response', { request: { messages: [user] }, response: { message: reply, done: true } }],
    [
      'Gemini’s API',
      'request-response',
      {
        request: { contents: [{ role: 'user', parts: [{ text: 'q' }] }] },
        response: { candidates: [{ content: { role: 'model', parts: [{ text: 'a' }] } }] },
      },
    ],
    ['Langfuse', 'langfuse', { type: 'GENERATION', input: [user], output: reply }],
    [
      'Langfuse, an object of messages',
      'langfuse',
      { type: 'GENERATION', input: { messages: [user] }, output: { role: 'assistant', content: 'a' } },
    ],
    ['Langfuse, as text', 'langfuse', { type: 'GENERATION', input: text({ messages: [user] }), output: text(choices) }],
    ['Langfuse, plain texts', 'langfuse', { trace_id: 't', input: 'q', output: 'a' }],
    ['LangSmith, choices', 'langsmith', { run_type: 'llm', inputs: { messages: [user] }, outputs: { choices } }],
    [
      'LangSmith, as text',
      'langsmith',
      { run_type: 'llm', inputs: text({ messages: [user] }), outputs: text({ choices }) },
    ],
    [
      'LangSmith, serialised messages',
      'langsmith',
      {
        run_type: 'llm',
        inputs: {
          messages: [
            [
              {
                lc: 1,
                type: 'constructor',
                id: ['langchain', 'schema', 'HumanMessage'],
                kwargs: { content: 'q', type: 'human' },
              },
            ],
          ],
        },
        outputs: {
          generations: [
            [
              {
                text: 'a',
                type: 'ChatGeneration',
                message: {
                  lc: 1,
                  type: 'constructor',
                  id: ['langchain', 'schema', 'AIMessage'],
                  kwargs: { content: 'a', type: 'ai', tool_calls: [], additional_kwargs: {} },
                },
              },
            ],
          ],
          llm_output: null,
        },
      },
    ],
    [
      'LangSmith, typed messages',
      'langsmith',
      {
        run_type: 'llm',
        inputs: { messages: [{ type: 'human', content: 'q' }] },
        outputs: { message: { type: 'ai', content: 'a' } },
      },
    ],
    [
      'LangSmith, messages as output',
      'langsmith',
      { run_type: 'llm', inputs: { messages: [user] }, outputs: { messages: [reply] } },
    ],
    [
      'WildChat',
      'sharegpt',
      {
        conversation_hash: 'h',
        model: 'm',
        conversation: [{ ...user, toxic: false }, reply],
        openai_moderation: [{}],
        redacted: true,
      },
    ],
    ['a span of gen_ai', 'otlp', exported(span('chat m', genAi))],
    ['an exported span alone', 'otlp', span('chat m', genAi)],
    ['a span whose attributes are an object', 'otlp', { name: 'chat', context: { trace_id: 't' }, attributes: genAi }],
    [
      'nested attributes',
      'otlp',
      {
        name: 'chat',
        attributes: {
          gen_ai: {
            input: { messages: text([parts('user', 'q')]) },
            output: { messages: text([parts('assistant', 'a')]) },
          },
        },
      },
    ],
    [
      'messages in an event',
      'otlp',
      exported(
        span(
          'chat',
          {},
          { events: [{ name: 'gen_ai.client.inference.operation.details', attributes: attributes(genAi) }] },
        ),
      ),
    ],
    [
      'older gen_ai',
      'otlp',
      exported(
        span('chat', {
          'gen_ai.prompt.0.role': 'user',
          'gen_ai.prompt.0.content': 'q',
          'gen_ai.completion.0.role': 'assistant',
          'gen_ai.completion.0.content': 'a',
          'llm.request.type': 'chat',
        }),
      ),
    ],
    [
      'OpenInference',
      'otlp',
      exported(
        span('ChatCompletion', {
          'openinference.span.kind': 'LLM',
          'llm.input_messages.0.message.role': 'user',
          'llm.input_messages.0.message.content': 'q',
          'llm.output_messages.0.message.role': 'assistant',
          'llm.output_messages.0.message.content': 'a',
        }),
      ),
    ],
    [
      'OpenInference, parts',
      'otlp',
      exported(
        span('x', {
          'llm.input_messages.0.message.role': 'user',
          'llm.input_messages.0.message.contents.0.message_content.type': 'text',
          'llm.input_messages.0.message.contents.0.message_content.text': 'q',
          'llm.output_messages.0.message.role': 'assistant',
          'llm.output_messages.0.message.content': 'a',
        }),
      ),
    ],
    [
      'Vercel',
      'otlp',
      exported(
        span('ai.generateText.doGenerate', {
          'ai.prompt.messages': text([{ role: 'user', content: [{ type: 'text', text: 'q' }] }]),
          'ai.response.text': 'a',
        }),
      ),
    ],
    [
      'a table of spans',
      'otlp',
      {
        span_id: 's',
        'gen_ai.input.messages': genAi['gen_ai.input.messages'],
        'gen_ai.output.messages': genAi['gen_ai.output.messages'],
      },
    ],
    ['a prompt and its completion', 'prompt-completion', { prompt: 'q', completion: 'a' }],
    ['the same as messages', 'prompt-completion', { prompt: [user], completion: [reply] }],
    ['a prompt and its response', 'prompt-completion', { prompt: 'q', response: 'a', helpfulness: null }],
    ['Dolly', 'alpaca', { instruction: 'q', context: '', response: 'a', category: 'x' }],
    ['messages as text', 'openai-messages', { messages: text([user, reply]) }],
    ['conversations as text', 'sharegpt', { conversations: text([user, reply]) }],
  ])('%s', (_, format, record) => {
    expect(become(record)).toEqual({ format, said: ['U:q A:a'], left: [] })
  })

  it('have their system prompts', () => {
    const system = { 'gen_ai.system_instructions': text([{ type: 'text', content: 's' }]) }
    expect(become(exported(span('chat', { ...genAi, ...system }))).said).toEqual(['S:s U:q A:a'])
    expect(become({ request: { system: 's', messages: [user] }, response: { choices } }).said).toEqual(['S:s U:q A:a'])
    expect(
      become({ request: { system: [{ type: 'text', text: 's' }], messages: [user] }, response: { choices } }).said,
    ).toEqual(['S:s U:q A:a'])
    expect(become({ request: { instructions: 's', input: [user] }, response: { output_text: 'a' } }).said).toEqual([
      'S:s U:q A:a',
    ])
    expect(become({ instruction: 'i', input: 'x', output: 'a', system: 's', history: [['q', 'b']] }).said).toEqual([
      'S:s U:q A:b U:i\nx A:a',
    ])
    expect(
      become({
        contents: [
          { role: 'user', parts: [{ text: 'q' }] },
          { role: 'model', parts: [{ text: 'a' }] },
        ],
        systemInstruction: { parts: [{ text: 's' }] },
      }).said,
    ).toEqual(['S:s U:q A:a'])
  })

  it('give a conversation for each answer', () => {
    const two = [...choices, { index: 1, message: { role: 'assistant', content: 'b' } }]
    expect(become({ request: { messages: [user] }, response: { choices: two } }).said).toEqual(['U:q A:a', 'U:q A:b'])
    expect(become(exported(span('a', genAi), span('b', genAi))).said).toHaveLength(2)
  })

  it.each<[string, Fields]>([
    ['LiteLLM’s embeddings', { call_type: 'aembedding', messages: 'text', response: {} }],
    ['LiteLLM’s failures', { call_type: 'completion', status: 'failure', messages: [user], response: {} }],
    ['LiteLLM without contents', { call_type: 'completion', status: 'success', messages: {}, response: {} }],
    ['a gateway’s errors', { request: { messages: [user] }, response: { error: { message: 'x' } } }],
    ['a gateway’s refused calls', { request: { messages: [user] }, response: { status_code: 429, body: 'slow down' } }],
    ['a gateway’s embeddings', { request: { model: 'm', input_type: 'x' }, response: { data: [] } }],
    ['an answer that is absent', { request: { messages: [user] }, response: { choices: [] } }],
    ['Langfuse’s spans', { type: 'SPAN', input: { a: 1 }, output: { b: 1 } }],
    ['Langfuse’s errors', { type: 'GENERATION', level: 'ERROR', input: [user], output: null }],
    ['Langfuse’s tools', { type: 'TOOL', input: text({ x: 1 }), output: 'y' }],
    ['LangSmith’s chains', { run_type: 'chain', inputs: { question: 'q' }, outputs: { answer: 'a' } }],
    ['LangSmith’s errors', { run_type: 'llm', inputs: { messages: [user] }, outputs: null, error: 'x' }],
    ['spans of tools', exported(span('execute_tool f', { 'gen_ai.operation.name': 'execute_tool' }))],
    [
      'spans of embeddings',
      exported(span('embeddings', { 'gen_ai.operation.name': 'embeddings', 'gen_ai.input.messages': '[]' })),
    ],
    ['spans of HTTP', exported(span('GET /', { 'http.request.method': 'GET' }))],
    ['spans of other kinds', exported(span('chain', { 'openinference.span.kind': 'CHAIN', 'input.value': 'q' }))],
    ['spans without an answer', exported(span('chat', { 'gen_ai.input.messages': text([parts('user', 'q')]) }))],
  ])('leave out, with the reason, what is no chat: %s', (_, record) => {
    const { said, left } = become(record)
    expect(said).toEqual([])
    expect(left).toEqual([expect.stringMatching(/^no-chat: ./)])
  })

  it('keep the chats beside spans that are none', () => {
    const { said, left } = become(exported(span('GET /', { 'http.request.method': 'GET' }), span('chat', genAi)))
    expect([said, left.length]).toEqual([['U:q A:a'], 1])
  })

  it('have tool calls in every spelling', () => {
    const calls: Fields[] = [
      exported(
        span('chat', {
          ...genAi,
          'gen_ai.output.messages': text([
            { role: 'assistant', parts: [{ type: 'tool_call', id: '1', name: 'f', arguments: { a: 1 } }] },
          ]),
        }),
      ),
      exported(
        span('x', {
          'llm.input_messages.0.message.role': 'user',
          'llm.input_messages.0.message.content': 'q',
          'llm.output_messages.0.message.role': 'assistant',
          'llm.output_messages.0.message.tool_calls.0.tool_call.function.name': 'f',
          'llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments': '{"a":1}',
        }),
      ),
      exported(
        span('x', {
          'gen_ai.prompt.0.role': 'user',
          'gen_ai.prompt.0.content': 'q',
          'gen_ai.completion.0.role': 'assistant',
          'gen_ai.completion.0.tool_calls.0.name': 'f',
          'gen_ai.completion.0.tool_calls.0.arguments': '{"a":1}',
        }),
      ),
      exported(
        span('x', {
          'ai.prompt.messages': text([user]),
          'ai.response.toolCalls': text([{ toolCallId: '1', toolName: 'f', args: '{"a":1}' }]),
        }),
      ),
      {
        request: { messages: [user] },
        response: {
          choices: [
            {
              message: {
                role: 'assistant',
                content: null,
                tool_calls: [{ function: { name: 'f', arguments: '{"a":1}' } }],
              },
            },
          ],
        },
      },
      { request: { input: 'q' }, response: { output: [{ type: 'function_call', name: 'f', arguments: '{"a":1}' }] } },
      {
        contents: [
          { role: 'user', parts: [{ text: 'q' }] },
          { role: 'model', parts: [{ functionCall: { name: 'f', args: { a: 1 } } }] },
        ],
      },
      { messages: [user, { role: 'assistant', content: [{ type: 'tool_use', id: '1', name: 'f', input: { a: 1 } }] }] },
    ]
    for (const record of calls) {
      expect(() => become(record)).toThrow('tools are rejected')
      expect(become(record, 'render').said).toEqual([
        'U:q A:<tool_call>\n{"name":"f","arguments":{"a":1}}\n</tool_call>',
      ])
      expect(become(record, 'drop-turns').said).toEqual([])
    }
  })

  it('name reasoning and other parts that are no text', () => {
    const thinking = {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'x' },
        { type: 'text', text: 'a' },
      ],
    }
    expect(() => become({ request: { messages: [user] }, response: thinking })).toThrow(
      'content part of type thinking: only text is taken',
    )
    const reasoning = { message: { ...reply, reasoning_content: 'x' } }
    expect(() => become({ request: { messages: [user] }, response: { choices: [reasoning] } })).toThrow(
      'reasoning_content',
    )
    expect(() => become({ request: { messages: [user] }, response: { a: 1 } })).toThrow('no answer is found in {a}')
    expect(() => become({ messages: [user, reply], response: 'other' })).toThrow('another answer than messages[1]')
  })
})
