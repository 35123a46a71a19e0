import { type Command, InvalidArgumentError, Option } from 'commander'
import { EndpointEntries } from '../../adapters/inference/endpoints/entry.js'
import type { EndpointsSpec } from '../../adapters/inference/endpoints/watch.js'
import { Guided } from '../../adapters/inference/protocols/guided.js'
import { protocols } from '../../adapters/inference/protocols/protocols.js'
import { complaintOf } from '../../adapters/plain-yaml.js'
import { SteerflowError } from '../../domain/errors.js'
import { wholeNumber } from '../flags.js'

/** What `withServers` adds to a command's options. */
export interface ServerFlags {
  readonly host: string
  readonly portNum: number
  readonly endpoints?: readonly string[]
  readonly endpointsFile?: string
  readonly serverProtocol?: string
  readonly modelName?: string
  readonly guided?: string
  readonly apiKeyEnv?: string
  readonly apiKeyFile?: string
}

const endpoint = (url: string, others: readonly string[] = []): readonly string[] => {
  if (!URL.canParse(url) || !/^https?:/i.test(url)) throw new InvalidArgumentError('It must be an http URL.')
  return [...others, url]
}

/** Adds where the servers are and what they speak. */
export const withServers = (command: Command): Command =>
  command
    .option('--host <name>', 'host of the server', 'localhost')
    .option('--port-num <port>', 'port of the server', wholeNumber(1), 1424)
    .option('--endpoints <url...>', 'servers, instead of --host and --port-num', endpoint)
    .option('--endpoints-file <file>', 'YAML or JSON list of servers that is read again when it changes')
    .addOption(
      new Option('--server-protocol <name>', 'what the servers speak (default: nemo-generate)').choices(
        Object.keys(protocols),
      ),
    )
    .option('--model-name <name>', 'name of the model in requests')
    .addOption(new Option('--guided <way>', 'how servers are told to write label lines only').choices(Guided.options))
    .option('--api-key-env <variable>', 'environment variable with the API key of the servers')
    .option('--api-key-file <file>', 'file with the API key of the servers, read again when it changes')

/**
 * The sources that the flags name. What the servers speak is said by the flags for those of --endpoints, and by the file
 * for its own.
 * @throws STEERFLOW_USAGE when the flags do not go together.
 */
export function serverEntries(flags: ServerFlags): EndpointsSpec {
  const { host, portNum, endpointsFile, serverProtocol: protocol, modelName, guided, apiKeyEnv, apiKeyFile } = flags
  const said = { protocol, modelName, guided, apiKeyEnv, apiKeyFile }
  const shared = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined))
  const urls = flags.endpoints ?? (endpointsFile === undefined ? [`http://${host}:${portNum}`] : [])
  if (urls.length === 0 && Object.keys(shared).length > 0) {
    throw new SteerflowError('STEERFLOW_USAGE', 'what the servers of --endpoints-file speak is said in the file')
  }
  const parsed = EndpointEntries.safeParse(urls.map(url => ({ url, ...shared })))
  if (parsed.success) return { entries: parsed.data, file: endpointsFile ?? null }
  const { path, message } = complaintOf(parsed.error)
  throw new SteerflowError('STEERFLOW_USAGE', `${flagNames[String(path[1])] ?? '--endpoints'}: ${message}`)
}

const flagNames: Readonly<Record<string, string>> = {
  modelName: '--model-name',
  guided: '--guided',
  apiKeyEnv: '--api-key-env',
  apiKeyFile: '--api-key-file',
}
