import { type Command, InvalidArgumentError, Option } from 'commander'
import { EndpointEntries } from '../../adapters/inference/endpoints/entry.js'
import type { EndpointsSpec } from '../../adapters/inference/endpoints/watch.js'
import { Guided } from '../../adapters/inference/protocols/guided.js'
import { protocols } from '../../adapters/inference/protocols/protocols.js'
import { complaintOf } from '../../adapters/plain-yaml.js'
import { SteerflowError } from '../../domain/errors.js'
import { wholeNumber } from '../flags.js'

/** The options that `withServers` adds. */
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

/** Adds options for the addresses and protocols of servers. */
export const withServers = (command: Command): Command =>
  command
    .option('--host <name>', 'host of the server', 'localhost')
    .option('--port-num <port>', 'port of the server', wholeNumber(1), 1424)
    .option('--endpoints <url...>', 'URLs of servers, in place of --host and --port-num', endpoint)
    .option('--endpoints-file <file>', 'YAML or JSON list of servers, read again when it changes')
    .addOption(
      new Option('--server-protocol <name>', 'protocol of the servers (default: nemo-generate)').choices(
        Object.keys(protocols),
      ),
    )
    .option('--model-name <name>', 'name of the model in requests')
    .addOption(
      new Option('--guided <way>', 'guided decoding that restricts servers to label lines').choices(Guided.options),
    )
    .option('--api-key-env <variable>', 'environment variable that holds the API key of the servers')
    .option('--api-key-file <file>', 'file that holds the API key of the servers, read again when it changes')

/**
 * The endpoint sources in the flags. The flags set the protocol of --endpoints; an endpoints file sets its own.
 * @throws STEERFLOW_USAGE if flags contradict each other
 */
export function serverEntries(flags: ServerFlags): EndpointsSpec {
  const { host, portNum, endpointsFile, serverProtocol: protocol, modelName, guided, apiKeyEnv, apiKeyFile } = flags
  const said = { protocol, modelName, guided, apiKeyEnv, apiKeyFile }
  const shared = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined))
  const urls = flags.endpoints ?? (endpointsFile === undefined ? [`http://${host}:${portNum}`] : [])
  if (urls.length === 0 && Object.keys(shared).length > 0) {
    throw new SteerflowError(
      'STEERFLOW_USAGE',
      'the file of --endpoints-file sets the protocol of its servers: set it there',
    )
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
