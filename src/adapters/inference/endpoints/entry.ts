import { z } from 'zod'
import { timerSeconds, waitSeconds } from '../../../domain/duration.js'
import { Guided } from '../protocols/guided.js'
import { type Protocols, protocols } from '../protocols/protocols.js'

const httpUrl = z
  .url({ protocol: /^https?$/, abort: true })
  .refine(isEncoded, 'expected the name and password in percent-encoding: % is %25')

/** True if the user name and password of a URL can be decoded. */
function isEncoded(url: string): boolean {
  try {
    const { username, password } = new URL(url)
    decodeURIComponent(username)
    decodeURIComponent(password)
    return true
  } catch {
    return false
  }
}

/** An entry as an object. @param all the known protocols */
const described = (all: Protocols) =>
  z
    .strictObject({
      url: httpUrl
        .optional()
        .describe('base URL of the server; a user name and password in it are sent but never shown'),
      dns: httpUrl
        .optional()
        .describe('instead of url: every address of its host name is a server; resolved periodically'),
      everySeconds: timerSeconds().max(3600).default(5).describe('seconds between two DNS look-ups'),
      keepSeconds: waitSeconds().default(300).describe('seconds to keep the last addresses after DNS returns none'),
      nameServers: z
        .array(
          z.string().regex(/^(\d+(\.\d+){3}|[\da-f:]+|\[[\da-f:]+\])(:\d+)?$/i, 'expected an address, or address:port'),
        )
        .min(1)
        .optional()
        .describe("DNS servers, as address:port (default: the system's resolver, with its search domains)"),
      model: z.string().min(1).optional().describe('digest of the model that it serves (default: any model)'),
      protocol: z.enum(Object.keys(all)).default('nemo-generate').describe('protocol of the server'),
      modelName: z.string().min(1).optional().describe('name of the model in requests'),
      guided: Guided.optional().describe('how requests restrict the server to label lines'),
      maxInFlight: z.int().positive().optional().describe('maximum concurrent requests to it'),
      pricePerHour: z.number().nonnegative().optional().describe('price of one hour'),
      metricsUrl: httpUrl.optional().describe('its metrics page, if not /metrics below url'),
      apiKeyEnv: z
        .string()
        .regex(/^[A-Za-z_]\w*$/, 'expected the name of a variable')
        .optional()
        .describe('environment variable with its API key, sent as a bearer token'),
      apiKeyFile: z.string().min(1).optional().describe('file with its API key; read again when it changes'),
    })
    .superRefine((entry, context) => {
      const complain = (key: keyof typeof entry, message: string) =>
        context.addIssue({ code: 'custom', path: [key], message })
      if ((entry.url === undefined) === (entry.dns === undefined)) context.addIssue('expected one of url and dns')
      if (entry.dns === undefined && entry.nameServers) complain('nameServers', 'belongs to dns')
      if (entry.apiKeyEnv !== undefined && entry.apiKeyFile !== undefined)
        complain('apiKeyFile', 'is set together with apiKeyEnv')
      const takes = (option: string): boolean => all[entry.protocol]?.takes.includes(option) ?? false
      if (entry.guided !== undefined && !takes('guided')) {
        const names = Object.keys(all).filter(name => all[name]?.takes.includes('guided'))
        complain('guided', `belongs to ${names.join(' and ')}`)
      }
      if (entry.modelName !== undefined && !takes('model')) complain('modelName', `${entry.protocol} sends no name`)
    })

/** One entry of a list of endpoints: a server, or a DNS name with any number of servers. */
function entryOf(all: Protocols) {
  const Described = described(all)
  return z.union([httpUrl.transform(url => Described.parse({ url })), Described], {
    error: 'expected an http URL, or an object with url or dns',
  })
}

/** The schema of a list of entries in a file, for servers of these protocols. */
export const entriesOf = (all: Protocols) => z.array(entryOf(all))

/** An entry of a server with a built-in protocol. */
export const EndpointEntry = entryOf(protocols)
export type EndpointEntry = z.output<typeof EndpointEntry>

export const EndpointEntries = entriesOf(protocols)
