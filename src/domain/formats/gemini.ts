import { readByDefault, type SourceFormat } from './format.js'
import { allBut, onlyKey } from './meaning.js'
import { readExchange } from './exchange.js'
import { saidIn } from './said.js'
import { conversationsOf, systemKeys, systemOf, toolsOf } from './thread.js'

const answers = ['response', 'candidates'] as const

/** Gemini's form: `{contents: [{role: user | model, parts: [{text}]}], systemInstruction}`. */
export const gemini: SourceFormat = {
  name: 'gemini',
  summary: 'Gemini threads: {contents: [{role: user|model, parts: [{text}]}]}',
  attributeSet: null,
  jsonTexts: ['contents'],
  refuses: allBut('contents', ...answers, ...systemKeys, 'tools'),
  detect: record => Array.isArray(record['contents']),
  read: (record, _, how = readByDefault) => {
    const answer = onlyKey(record, answers)
    if (answer !== undefined) {
      const given = answer === 'candidates' ? { candidates: record[answer] } : record[answer]
      const exchange = { request: record['contents'], requestAt: 'contents', answer: given, answerAt: answer }
      return readExchange({ format: gemini.name, ...exchange, beside: record }, how)
    }
    const said = saidIn(record['contents'], 'contents', gemini.name)
    return conversationsOf(said, { system: systemOf(record), tools: toolsOf(record) }, how)
  },
}
