import { createServer } from 'node:http'
import { json } from 'node:stream/consumers'

/** A server to try the protocol with: it rates turns by simple rules. Yours has a model. `node rating-server.js PORT` */

const words = text => text.toLowerCase().match(/\p{L}+/gu) ?? []

/** From 0 to 1: how much of the question's words the reply takes up, how long its words are, how many it has. */
function rated(dialogue) {
  const [question, reply] = [dialogue.at(-2)?.text ?? '', dialogue.at(-1).text].map(words)
  const taken = new Set(reply)
  const relevant = question.filter(word => taken.has(word)).length / Math.max(1, question.length)
  const length = reply.join('').length / Math.max(1, reply.length)
  return { relevant, complexity: Math.min(1, length / 10), verbosity: Math.min(1, reply.length / 200) }
}

const server = createServer((request, response) => {
  if (request.method !== 'POST' || request.url !== '/ratings') return response.writeHead(404).end()
  json(request).then(
    ({ attributes, dialogue }) => {
      const { relevant, ...others } = rated(dialogue)
      const ratings = attributes.map(({ key, min, max }) => [key, min + (others[key] ?? relevant) * (max - min)])
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ ratings: Object.fromEntries(ratings) }))
    },
    error => response.writeHead(400).end(String(error)),
  )
})
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}`)
})
