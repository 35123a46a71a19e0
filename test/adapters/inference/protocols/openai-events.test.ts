import { describe, expect, it } from 'vitest'
import { openAiChat, openAiCompletions } from '../../../../src/adapters/inference/protocols/openai-text.js'
import { asked, bodyOf, reply } from './asked.js'

const completions = openAiCompletions({ guided: 'none', stream: true })
const chat = openAiChat({ guided: 'none', stream: true })

const events = (...all: readonly (object | string)[]): string =>
  all.map(one => `data: ${typeof one === 'string' ? one : JSON.stringify(one)}\n\n`).join('')
const piece = (text: string, finish: string | null = null) => ({ choices: [{ index: 0, text, finish_reason: finish }] })
const counted = { choices: [], usage: { prompt_tokens: 12, completion_tokens: 2 } }

describe('a reply in pieces', () => {
  it('is asked for with its counts', () => {
    const streamed = { stream: true, stream_options: { include_usage: true } }
    expect(bodyOf(completions, asked('a'))).toMatchObject(streamed)
    expect(bodyOf(openAiCompletions({ guided: 'none' }), asked('a'))).not.toHaveProperty('stream_options')
  })

  it('is put together', () => {
    const answer = { kind: 'continuation', text: '3,toxicity:0', finish: 'stop', tokens: { prompt: 12, completion: 2 } }
    const body = events(piece('3,'), piece('toxicity:0'), piece('', 'stop'), counted, '[DONE]')
    expect(completions.classify(reply(200, body), 1)).toEqual({ kind: 'ok', answers: [answer] })
    const delta = (content: string | null, finish: string | null = null) => ({
      choices: [{ delta: { role: 'assistant', content }, finish_reason: finish }],
    })
    const said = events(delta(null), delta('3,'), delta('toxicity:0'), delta(null, 'length'), counted, '[DONE]')
    expect(chat.classify(reply(200, said), 1)).toEqual({ kind: 'ok', answers: [{ ...answer, finish: 'length' }] })
  })

  it('may come whole from a server that does not know how, and without counts', () => {
    const whole = JSON.stringify(piece('3', 'stop'))
    const answer = { kind: 'continuation', text: '3', finish: 'stop', tokens: null }
    expect(completions.classify(reply(200, whole), 1)).toEqual({ kind: 'ok', answers: [answer] })
    expect(completions.classify(reply(200, events(piece('3', 'stop'))), 1)).toEqual({ kind: 'ok', answers: [answer] })
  })

  it.each([
    ['broken off', events(piece('3,'), '[DONE]'), 'broken off'],
    ['of which the end is missing', events(piece('3,')) + 'data: {"choices": [{"te', 'not JSON'],
    ['with an error in it', events(piece('3'), { error: { code: 500, message: 'no' } }), 'no choices'],
    ['without a text', events(piece('', 'stop')), 'no text'],
    ['that is none', '<html>', 'not JSON'],
  ])('is tried elsewhere: %s', (_, body, reason) => {
    expect(completions.classify(reply(200, body), 1)).toMatchObject({
      kind: 'elsewhere',
      reason: expect.stringContaining(reason) as string,
    })
  })
})
