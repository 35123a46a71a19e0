import { parsedOr } from './content.js'
import { readExchange } from './exchange.js'
import { noChat, readByDefault, type SourceFormat } from './format.js'
import { allBut, firstKey, isFields, saysNothing, valueOf } from './meaning.js'
import { besideKeys } from './thread.js'

/** Runs of LangSmith: `{run_type: llm, inputs: {messages}, outputs: {generations | choices | messages}}`. */
export const langSmith: SourceFormat = {
  name: 'langsmith',
  summary: 'runs of LangSmith: {run_type: llm, inputs, outputs}',
  attributeSet: null,
  jsonTexts: ['inputs', 'outputs', 'error'],
  refuses: allBut('inputs', 'outputs', ...besideKeys),
  detect: record =>
    valueOf(record, 'inputs') !== undefined &&
    (typeof record['run_type'] === 'string' || valueOf(record, 'outputs') !== undefined),
  read: (record, _, how = readByDefault) => {
    const { run_type: type, inputs, outputs, error } = record
    const leave = (detail: string): [] => noChat(how, detail)
    if (typeof type === 'string' && type !== 'llm') return leave(`a run of type ${type} is not a call of a model`)
    if (!saysNothing(error)) return leave('the run is an error')
    if (saysNothing(outputs)) return leave('outputs is empty')
    const asked = parsedOr(inputs)
    const turns = isFields(asked) ? firstKey(asked, ['messages', 'input', 'prompts', 'prompt', 'contents']) : undefined
    if (!isFields(asked) || turns === undefined) return leave('inputs has no turns: it is not a chat')
    const request =
      turns === 'prompts' && Array.isArray(asked['prompts'])
        ? { ...asked, prompt: asked['prompts'][0] as unknown }
        : asked
    const exchange = { request, requestAt: 'inputs', answer: outputs, answerAt: 'outputs' }
    return readExchange({ format: langSmith.name, ...exchange, beside: record }, how)
  },
}
