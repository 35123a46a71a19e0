import { type Command, InvalidArgumentError, Option } from 'commander'
import { entriesOf } from '../../adapters/inference/endpoints/entry.js'
import type { EndpointsSpec } from '../../adapters/inference/endpoints/watch.js'
import { Guided } from '../../adapters/inference/protocols/guided.js'
import { type Protocols, protocols as builtIn } from '../../adapters/inference/protocols/protocols.js'
import { complaintOf } from '../../adapters/plain-yaml.js'
import { SteerflowError } from '../../domain/errors.js'
import { portNumber, unknownName } from '../flags.js'

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
    .option('--port-num <port>', 'port of the server', portNumber, 1424)
    .option('--endpoints <url...>', 'URLs of servers, in place of --host and --port-num', endpoint)
    .option('--endpoints-file <file>', 'YAML or JSON list of servers, read again when it changes')
    .addOption(protocolOption())
    .option('--model-name <name>', 'name of the model in requests')
    .addOption(
      new Option('--guided <way>', 'guided decoding that restricts servers to label lines').choices(Guided.options),
    )
    .option('--api-key-env <variable>', 'environment variable that holds the API key of the servers')
    .option('--api-key-file <file>', 'file that holds the API key of the servers, read again when it changes')

/** The protocol of the servers. The choices are the built-in protocols; the value is checked once the flow is loaded. */
function protocolOption(): Option {
  const option = new Option(
    '--server-protocol <name>',
    'protocol of the servers: one of the choices, or one of your flow (default: nemo-generate)',
  )
  option.argChoices = Object.keys(builtIn)
  return option
}

/**
 * The endpoint sources in the flags. The flags set the protocol of --endpoints; an endpoints file sets its own.
 * @param protocols the protocols that servers may speak
 * @throws STEERFLOW_USAGE if flags contradict each other
 */
export function serverEntries(flags: ServerFlags, protocols: Protocols = builtIn): EndpointsSpec {
  const { host, portNum, endpointsFile, serverProtocol: protocol, modelName, guided, apiKeyEnv, apiKeyFile } = flags
  if (protocol !== undefined && !Object.hasOwn(protocols, protocol)) {
    throw unknownName('--server-protocol', protocol, Object.keys(protocols))
  }
  const said = { protocol, modelName, guided, apiKeyEnv, apiKeyFile }
  const shared = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined))
  const urls = flags.endpoints ?? (endpointsFile === undefined ? [`http://${host}:${portNum}`] : [])
  if (urls.length === 0 && Object.keys(shared).length > 0) {
    throw new SteerflowError(
      'STEERFLOW_USAGE',
      'the file of --endpoints-file sets the protocol of its servers: set it there',
    )
  }
  const parsed = entriesOf(protocols).safeParse(urls.map(url => ({ url, ...shared })))
  if (parsed.success) return { entries: parsed.data, file: endpointsFile ?? null, protocols }
  const { path, message } = complaintOf(parsed.error)
  throw new SteerflowError('STEERFLOW_USAGE', `${flagNames[String(path[1])] ?? '--endpoints'}: ${message}`)
}

const flagNames: Readonly<Record<string, string>> = {
  modelName: '--model-name',
  guided: '--guided',
  apiKeyEnv: '--api-key-env',
  apiKeyFile: '--api-key-file',
}
