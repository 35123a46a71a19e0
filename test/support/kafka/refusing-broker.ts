import { type AddressInfo, createServer } from 'node:net'
import { onTestFinished } from 'vitest'

const [saslHandshake, apiVersions, saslAuthenticate] = [17, 18, 36]
const authenticationFailed = 58

const int16 = (value: number): Buffer => Buffer.from([(value >> 8) & 255, value & 255])
const int32 = (value: number): Buffer => Buffer.concat([int16(value >> 16), int16(value & 65_535)])
const string = (text: string): Buffer => Buffer.concat([int16(Buffer.byteLength(text)), Buffer.from(text)])

/** The answer to a request; of an authentication it is a refusal. */
function answerTo(api: number, body: Buffer, say: (sent: string) => string): Buffer {
  if (api === apiVersions) {
    const ranges = [saslHandshake, apiVersions, saslAuthenticate].map(key => [int16(key), int16(0), int16(1)])
    return Buffer.concat([int16(0), int32(ranges.length), ...ranges.flat(), int32(0)])
  }
  if (api === saslHandshake) {
    const mechanisms = ['PLAIN', 'OAUTHBEARER'].map(string)
    return Buffer.concat([int16(0), int32(mechanisms.length), ...mechanisms])
  }
  return Buffer.concat([int16(authenticationFailed), string(say(body.toString('utf8'))), int32(0), int32(0), int32(0)])
}

/** A broker that lets nobody in and says why, knowing what was sent, until the test ends. Returns its address. */
export async function startRefusingBroker(say: (sent: string) => string): Promise<string> {
  const server = createServer(socket => {
    let waiting = Buffer.alloc(0)
    socket.on('error', () => undefined)
    socket.on('data', chunk => {
      waiting = Buffer.concat([waiting, chunk])
      while (waiting.length >= 4 && waiting.length >= 4 + waiting.readInt32BE(0)) {
        const request = waiting.subarray(4, 4 + waiting.readInt32BE(0))
        waiting = waiting.subarray(4 + request.length)
        const answer = answerTo(request.readInt16BE(0), request.subarray(10 + request.readInt16BE(8)), say)
        socket.write(Buffer.concat([int32(4 + answer.length), request.subarray(4, 8), answer]))
      }
    })
  })
  await new Promise<void>(resolve => void server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}
