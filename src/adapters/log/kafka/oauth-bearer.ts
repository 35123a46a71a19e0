import { type AuthenticationProviderArgs, type Authenticator, type Mechanism } from 'kafkajs'
import { SteerflowError } from '../../../domain/errors.js'
import { type Secrets } from './secrets.js'
import { type TokenSource } from './oauth-token.js'

const SEPARATOR = '\u0001'

/**
 * SASL OAUTHBEARER (RFC 7628) for kafkajs. The authenticator of kafkajs itself does not read the broker's answer, so that
 * a token that was refused shows up as a connection that is closed for no reason, again and again.
 */
export const oauthBearer = (tokens: TokenSource, secrets: Secrets): Mechanism => ({
  mechanism: 'oauthbearer',
  authenticationProvider: ({ saslAuthenticate }: AuthenticationProviderArgs): Authenticator => ({
    authenticate: async () => {
      const token = await tokens.token()
      secrets.add(token)
      try {
        const refusal = await saslAuthenticate({ request: message(`n,,${SEPARATOR}auth=Bearer ${token}`), response })
        if (refusal) throw refused(`SASL OAUTHBEARER: the broker answers ${refusal}`)
      } catch (error) {
        tokens.refused()
        throw error
      }
    },
  }),
})

/** The client's message as kafkajs sends it: bytes with their length before them. */
const message = (text: string) => ({
  encode: () => {
    const bytes = Buffer.from(`${text}${SEPARATOR}${SEPARATOR}`)
    const length = Buffer.alloc(4)
    length.writeInt32BE(bytes.length)
    return Buffer.concat([length, bytes])
  },
})

/** The broker's message, behind its length: empty when it takes the token, otherwise JSON with a status. */
const response = {
  decode: async (raw: Buffer): Promise<Buffer> => raw.subarray(4),
  parse: (raw: Buffer): string => raw.toString('utf8'),
}

/** kafkajs retries every error that does not say that this is of no use. */
const refused = (text: string): Error =>
  Object.assign(new SteerflowError('STEERFLOW_KAFKA_REFUSED', text), { retriable: false })
