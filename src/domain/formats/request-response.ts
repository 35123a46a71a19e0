import { readExchange } from './exchange.js'
import { parsedOr } from './content.js'
import { noChat, readByDefault, type SourceFormat } from './format.js'
import { allBut, type Fields, firstKey, isFields, saysNothing } from './meaning.js'
import { besideKeys } from './thread.js'

const requests = ['request', 'request_body', 'requestBody'] as const
const responses = ['response', 'response_body', 'responseBody'] as const

/** Whether a request asks for a turn of a conversation. */
function isChat(request: unknown): boolean {
  const value = parsedOr(request)
  if (!isFields(value)) return Array.isArray(value)
  const inner = parsedOr(value['body'])
  return (
    firstKey(isFields(inner) ? inner : value, ['messages', 'contents', 'input', 'prompt', 'conversations']) !==
    undefined
  )
}

const statusOf = (response: unknown): unknown => {
  const value = parsedOr(response)
  return isFields(value) ? (value['status_code'] ?? value['statusCode'] ?? value['status']) : undefined
}

/** What a record says beside its response of a call that failed; null if it failed in no way. */
function failureOf(record: Fields): string | null {
  const key = ['error', 'exception', 'error_message', 'error_code'].find(
    name => !saysNothing(record[name]) && record[name] !== false,
  )
  if (key !== undefined) return key
  if (record['success'] === false) return 'success is false'
  const status = statusOf(record)
  return typeof status === 'number' && (status < 200 || status > 299) ? `status ${status}` : null
}

/** Logs of gateways, and stored completions: `{request: {messages, …}, response: {choices: [{message}]}}`. */
export const requestResponse: SourceFormat = {
  name: 'request-response',
  summary: 'logs of gateways: {request: {messages}, response: {choices: [{message}]}}',
  attributeSet: null,
  jsonTexts: [...requests, ...responses],
  refuses: allBut('request', 'response', ...besideKeys),
  detect: record => {
    const [request, response] = [firstKey(record, requests), firstKey(record, responses)]
    if (request === undefined) return false
    return isFields(record[request])
      ? response !== undefined || isChat(record[request])
      : Array.isArray(record[request])
  },
  read: (record, _, how = readByDefault) => {
    const request = firstKey(record, requests)!
    const response = firstKey(record, responses)
    const leave = (detail: string): [] => noChat(how, detail)
    const [asked, answer] = [record[request], response === undefined ? undefined : record[response]]
    if (!isChat(asked)) return leave(`${request} has no turns: it is not a chat`)
    const status = statusOf(answer)
    if (typeof status === 'number' && (status < 200 || status > 299))
      return leave(`${response} has the status ${status}`)
    if (isFields(answer) && !saysNothing(answer['error'])) return leave(`${response} is an error`)
    const failed = failureOf(record)
    if (failed !== null) return leave(`the call failed: ${failed}`)
    const { [request]: _asked, ...beside } = record
    const exchange = { request: asked, requestAt: request, answer, answerAt: response ?? 'response' }
    return readExchange({ format: requestResponse.name, ...exchange, beside }, how)
  },
}
