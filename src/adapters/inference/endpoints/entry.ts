import { z } from 'zod'
import { Guided } from '../protocols/guided.js'
import { type Protocols, protocols } from '../protocols/protocols.js'

const httpUrl = z
  .url({ protocol: /^https?$/, abort: true })
  .refine(isEncoded, 'expected the name and password in percent-encoding: % is %25')

/** Whether the name and password of a URL can be decoded. */
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

/** An entry as an object. @param all what servers may speak */
const described = (all: Protocols) =>
  z
    .strictObject({
      url: httpUrl.optional().describe('base of the server; a name and password in it are sent and never shown'),
      dns: httpUrl
        .optional()
        .describe('in place of url: each address of its host name is a server, asked for again and again'),
      everySeconds: z.number().positive().max(3600).default(5).describe('seconds between two questions for the name'),
      keepSeconds: z
        .number()
        .nonnegative()
        .default(300)
        .describe('seconds for which the last addresses are kept when the name has none any more'),
      nameServers: z
        .array(
          z.string().regex(/^(\d+(\.\d+){3}|[\da-f:]+|\[[\da-f:]+\])(:\d+)?$/i, 'expected an address, or address:port'),
        )
        .min(1)
        .optional()
        .describe("DNS servers to ask, as address:port; left out: the system's resolver, with its search domains"),
      model: z
        .string()
        .min(1)
        .optional()
        .describe('digest of the model that it serves; left out: whatever is asked for'),
      protocol: z.enum(Object.keys(all)).default('nemo-generate').describe('what it speaks'),
      modelName: z.string().min(1).optional().describe('name of the model in requests'),
      guided: Guided.optional().describe('how the server is told to write label lines only'),
      maxInFlight: z.int().positive().optional().describe('most requests at a time there'),
      pricePerHour: z.number().nonnegative().optional().describe('what an hour of it costs'),
      metricsUrl: httpUrl.optional().describe('its page of metrics, where that is not /metrics below url'),
      apiKeyEnv: z
        .string()
        .regex(/^[A-Za-z_]\w*$/, 'expected the name of a variable')
        .optional()
        .describe('environment variable that holds its API key, sent as a bearer token'),
      apiKeyFile: z.string().min(1).optional().describe('file that holds its API key; read again when it changes'),
    })
    .superRefine((entry, context) => {
      const complain = (key: keyof typeof entry, message: string) =>
        context.addIssue({ code: 'custom', path: [key], message })
      if ((entry.url === undefined) === (entry.dns === undefined)) context.addIssue('expected one of url and dns')
      if (entry.dns === undefined && entry.nameServers) complain('nameServers', 'belongs to dns')
      if (entry.apiKeyEnv !== undefined && entry.apiKeyFile !== undefined)
        complain('apiKeyFile', 'stands beside apiKeyEnv')
      const takes = (option: string): boolean => all[entry.protocol]?.takes.includes(option) ?? false
      if (entry.guided !== undefined && !takes('guided')) {
        const names = Object.keys(all).filter(name => all[name]?.takes.includes('guided'))
        complain('guided', `belongs to ${names.join(' and ')}`)
      }
      if (entry.modelName !== undefined && !takes('model')) complain('modelName', `${entry.protocol} sends no name`)
    })

/** One entry of a list of endpoints: a server, or a name that stands for any number of them. */
function entryOf(all: Protocols) {
  const Described = described(all)
  return z.union([httpUrl.transform(url => Described.parse({ url })), Described], {
    error: 'expected an http URL, or an object with url or dns',
  })
}

/** A list of entries, as a file holds it, of servers that speak one of these protocols. */
export const entriesOf = (all: Protocols) => z.array(entryOf(all))

/** An entry whose server speaks what is built in. */
export const EndpointEntry = entryOf(protocols)
export type EndpointEntry = z.output<typeof EndpointEntry>

/** A list of such entries. */
export const EndpointEntries = entriesOf(protocols)
