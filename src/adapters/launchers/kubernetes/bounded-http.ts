import { type IncomingMessage, request as plain } from 'node:http'
import { request as secure } from 'node:https'
import type { PromiseHttpLibrary, RequestContext, ResponseContext } from '@kubernetes/client-node'
import { type Bounds, wholeAnswer } from '../../foreign-answer.js'

/**
 * Replaces the client's HTTP library, which reads answers of any length. It uses the agent of the kubeconfig (certificates,
 * proxy), requests no compression and follows no redirects.
 */
export function boundedHttp(
  { ms, bytes }: Bounds,
  Context: new (...given: ConstructorParameters<typeof ResponseContext>) => ResponseContext,
): PromiseHttpLibrary {
  return {
    send: async request => {
      const { answer, text } = await wholeAnswer({ ms, bytes }, signal => asked(request, signal))
      const headers = Object.entries(answer.headers).map(([name, value]) => [name, String(value)])
      return new Context(answer.status, Object.fromEntries(headers) as Record<string, string>, {
        text: async () => text,
        binary: async () => Buffer.from(text),
      })
    },
  }
}

interface ApiAnswer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: IncomingMessage
}

function asked(request: RequestContext, signal: AbortSignal): Promise<ApiAnswer> {
  const url = new URL(request.getUrl())
  return new Promise((resolve, reject) => {
    const agent = request.getAgent()
    const asking = (url.protocol === 'https:' ? secure : plain)(
      url,
      { method: request.getHttpMethod(), headers: request.getHeaders(), signal, ...(agent && { agent }) },
      body => resolve({ status: body.statusCode ?? 0, headers: body.headers, body }),
    )
    asking.on('error', reject)
    // The client serialises every body that we send as text.
    asking.end(request.getBody())
  })
}
