/**
 * How a failure is handled:
 * - `usage`: the user has to change something; exit code 2.
 * - `permanent`: this record will never pass; it becomes a dead letter and its neighbours go on.
 * - `transient`: the same call may succeed later; it is retried with backoff.
 * - `fatal`: nothing may be acknowledged; in a run the partition is paused and retries, elsewhere the command ends.
 */
export type ErrorKind = 'usage' | 'permanent' | 'transient' | 'fatal'

interface ErrorRow {
  readonly kind: ErrorKind
  /** The meaning, in one sentence. */
  readonly means: string
  /** The next step, in a sentence or two. */
  readonly next: string
}

/** The closed list. `docs/errors.md` is generated from it and checked by a test. */
export const errorTable = {
  STEERFLOW_BUG: {
    kind: 'fatal',
    means: 'The program reached a state that should be impossible.',
    next: 'Report it with the message and the command; the stored log is unharmed.',
  },
  STEERFLOW_USAGE: {
    kind: 'usage',
    means: 'A command was called with an option or argument that it does not accept.',
    next: 'The message names the expected form; `--help` after the command lists its options and arguments.',
  },
  STEERFLOW_CONFIG_INVALID: {
    kind: 'usage',
    means: 'The configuration does not fit its schema.',
    next: 'Correct the named key; `steerflow config show` prints the configuration in force.',
  },
  STEERFLOW_FLOW_INVALID: {
    kind: 'usage',
    means: 'A pipeline of your own cannot be assembled, its module cannot be loaded, or a part of it fails.',
    next: 'Correct the module that the message names; docs/flows.md says how flows are defined.',
  },
  STEERFLOW_INPUT_NOT_FOUND: {
    kind: 'usage',
    means: 'A file or folder named on the command line cannot be read.',
    next: 'Check the path and its permissions.',
  },
  STEERFLOW_DATA_ABSENT: {
    kind: 'usage',
    means: 'No data folder has that name, or no Kafka topic is in that namespace.',
    next: 'Name the right one with --data-dir (dataDir, log.kafka.namespace); `steerflow quickstart`, `steerflow ingest FILES` or `steerflow topics apply` creates one.',
  },
  STEERFLOW_OUTPUT_FOREIGN: {
    kind: 'usage',
    means: 'An existing output file was not made from this input.',
    next: 'Name another output file, or remove this one to start again.',
  },
  STEERFLOW_OUTPUT_PLACE: {
    kind: 'usage',
    means: 'The named output cannot be written: its parent is not a folder, or permission is missing.',
    next: 'Name another place, or correct the folder or its permissions.',
  },
  STEERFLOW_OUTPUT_BROKEN: {
    kind: 'fatal',
    means: 'The output of a command cannot be written to the destination of standard output.',
    next: 'Free the disk, or name another place after `>`; then run the command again: its output is incomplete.',
  },
  STEERFLOW_OPEN_FILES: {
    kind: 'fatal',
    means: 'The limit on open files and connections, of this process or of the machine, is reached.',
    next: 'Raise the limit (`ulimit -n 4096` in a shell, LimitNOFILE= of a service, --ulimit nofile= of a container), then run again: nothing is lost.',
  },
  STEERFLOW_INPUT_FORMAT: {
    kind: 'permanent',
    means: 'A line is in none of the known formats.',
    next: 'Name the format with --format, or correct the line and replay the dead letter.',
  },
  STEERFLOW_INPUT_JSON: {
    kind: 'permanent',
    means: 'A line is not JSON, or not UTF-8.',
    next: 'Correct the line; the dead letter holds its bytes.',
  },
  STEERFLOW_INPUT_LINE_TOO_LONG: {
    kind: 'permanent',
    means: 'A line is longer than the limit.',
    next: 'Raise ingest.maxLineBytes, or split the record; ingest it from a file of its own.',
  },
  STEERFLOW_INPUT_TORN: {
    kind: 'fatal',
    means: 'An input ends early or is damaged, or a compressed one expands beyond every plausible size.',
    next: 'Fetch the file again and ingest it: reading resumes after the part that was read before the damage.',
  },
  STEERFLOW_RECORD_INVALID: {
    kind: 'permanent',
    means: 'A record does not fit the schema of its topic.',
    next: 'Look at it with `steerflow dead-letters show`, correct its producer, and replay.',
  },
  STEERFLOW_STAGE_FAILED: {
    kind: 'permanent',
    means: 'A stage failed on a record in an unforeseen way.',
    next: 'Report it with the cause; correct the record or the stage, and replay the dead letter.',
  },
  STEERFLOW_SOURCE_INVALID: {
    kind: 'permanent',
    means: 'A source record lacks a value that its format requires, or has one that the format does not allow.',
    next: 'Append the corrected record to its file, or put it into a file of its own, and ingest that.',
  },
  STEERFLOW_FANOUT: {
    kind: 'permanent',
    means: 'One record would become more records, turns or bytes than the limits allow.',
    next: 'Raise the fanout limits in the configuration, or split the source record.',
  },
  STEERFLOW_UNMASKABLE: {
    kind: 'permanent',
    means: 'The loss mask of a conversation cannot be computed.',
    next: 'The cause names the rule; correct the conversation.',
  },
  STEERFLOW_TOKENIZER: {
    kind: 'fatal',
    means: 'The tokenizer cannot be loaded, or does not work with the prompt tokens.',
    next: 'Check clean.tokenizer or --model-file: it must be a tokenizer.json or a SentencePiece .model file, and work with the prompt tokens.',
  },
  STEERFLOW_RECORD_EXHAUSTED: {
    kind: 'permanent',
    means: 'A record failed repeatedly while others succeeded at the same place.',
    next: 'Correct the cause, and replay the dead letter.',
  },
  STEERFLOW_DEAD_LETTERS: {
    kind: 'fatal',
    means:
      'Most records of a node became dead letters, perhaps because of a server or model that it uses, so the node waits.',
    next: 'Repair what `steerflow dead-letters summary` names (the server, the model, the tokenizer) and the node resumes by itself; or raise deadLetters.maxShare.',
  },
  STEERFLOW_RECORD_TOO_LARGE: {
    kind: 'permanent',
    means: 'A record is larger than the log accepts.',
    next: 'Raise the limit of the log, or split the record.',
  },
  STEERFLOW_OUTAGE: {
    kind: 'transient',
    means: 'No inference server answers.',
    next: 'Start a server or correct annotate.endpoints; the run resumes by itself.',
  },
  STEERFLOW_STUCK: {
    kind: 'usage',
    means: 'A run that should end by itself waits for something that nothing produces.',
    next: 'The message names it and the reason; correct that and run again: nothing is lost.',
  },
  STEERFLOW_MODEL_ABSENT: {
    kind: 'transient',
    means: 'The model that started a record is no longer served by any endpoint.',
    next: 'Nothing: the record starts again with the active model. If this lasts, promote a model that endpoints serve.',
  },
  STEERFLOW_INFERENCE_REFUSED: {
    kind: 'permanent',
    means: 'An inference server refused a request as invalid.',
    next: 'The cause contains its answer; check the attribute set and the protocol.',
  },
  STEERFLOW_INFERENCE_ANSWER: {
    kind: 'transient',
    means: 'An inference server returned something that is not a label.',
    next: 'Check that the server runs a value model with the same prompt tokens.',
  },
  STEERFLOW_FENCED: {
    kind: 'fatal',
    means: 'Another run took over this partition.',
    next: 'Nothing is lost: the other run continues. Stop one of the two.',
  },
  STEERFLOW_RUN_ACTIVE: {
    kind: 'usage',
    means: 'Another process uses the same data folder.',
    next: 'Wait for it, stop it, or name another folder with --data-dir.',
  },
  STEERFLOW_GROUP_ACTIVE: {
    kind: 'usage',
    means: 'Processes still use the offsets that are to be moved.',
    next: 'Stop every run of this node; a killed one is forgotten within seconds. Then try again.',
  },
  STEERFLOW_OFFSET_LOST: {
    kind: 'fatal',
    means: 'The log has deleted records that this group never read.',
    next: 'The message names the range; lengthen the retention of the topic, ingest the sources again, or start with another --data-dir.',
  },
  STEERFLOW_TOPIC_REPLACED: {
    kind: 'fatal',
    means: 'A Kafka topic was deleted, or deleted and created again, since it was last read.',
    next: 'Stop the runs of the node, then `steerflow offsets reset --node NODE --to-earliest` reads the new topic from its beginning, and --to-latest skips its present records; find out who deletes topics.',
  },
  STEERFLOW_STORE_FOREIGN: {
    kind: 'usage',
    means: 'The workers of a deployment keep shards, snapshots and jobs in one store, but this worker uses another.',
    next: 'Name the same folder, on storage that all hosts share, with --data-dir; or a bucket with storage.s3; or run only nodes that need no store (--nodes). `steerflow run --adopt` moves the deployment to the store of this worker: copy the files first.',
  },
  STEERFLOW_LOG_FULL: {
    kind: 'fatal',
    means: 'The log has no room left on its disk or in its budget.',
    next: 'Free space on the disk that the message names, raise log.maxBytes, or shorten the retention: a paused node then resumes by itself, and nothing acknowledged is lost.',
  },
  STEERFLOW_LOG_CORRUPT: {
    kind: 'fatal',
    means: 'The stored log cannot be read.',
    next: 'Restore the data folder from a copy, or start with another --data-dir.',
  },
  STEERFLOW_LOG_DAMAGED: {
    kind: 'fatal',
    means: 'The embedded log returns other data than was written: a checksum does not match.',
    next: 'Restore the data folder from a copy, or continue without the named record, which is then lost: the message says how. `steerflow doctor --deep` finds all damage; check the disk and the memory of the machine.',
  },
  STEERFLOW_KAFKA_UNREACHABLE: {
    kind: 'transient',
    means: 'No Kafka broker answers, or the connection to one broke.',
    next: 'Check that the brokers run, and log.kafka: brokers, tls and sasl; a run resumes by itself once they answer.',
  },
  STEERFLOW_KAFKA_BUSY: {
    kind: 'transient',
    means: 'Kafka answers, but cannot do this now: it elects a leader, rebalances, or ends an older transaction.',
    next: 'Nothing: the request is retried. If this lasts, look at the logs of the brokers.',
  },
  STEERFLOW_KAFKA_REFUSED: {
    kind: 'fatal',
    means:
      'Kafka rejected this client, or the certificate of a broker was rejected: credentials, certificate or permissions.',
    next: 'Check log.kafka.sasl and log.kafka.tls, and the permissions on names that begin with log.kafka.namespace.',
  },
  STEERFLOW_KAFKA_FAILED: {
    kind: 'fatal',
    means: 'Kafka refused a request for a reason that a retry does not remove.',
    next: 'The message contains its answer; check log.kafka against the settings of the brokers.',
  },
  STEERFLOW_SCHEMA_UNKNOWN: {
    kind: 'permanent',
    means: 'A value names no schema, or an unknown one.',
    next: 'Read docs/schemas.md: register the schema or upgrade this program, then replay the dead letter.',
  },
  STEERFLOW_SCHEMA_INCOMPATIBLE: {
    kind: 'permanent',
    means: 'A schema is not compatible with its topic.',
    next: 'Correct the producer or the schema so that older readers keep the fields they need; replay the dead letter.',
  },
  STEERFLOW_SCHEMA_UNREGISTERED: {
    kind: 'usage',
    means: 'The schema that a topic is written with is not in the registry.',
    next: 'Run `steerflow schemas register`, or set registry.autoRegister.',
  },
  STEERFLOW_REGISTRY_DOWN: {
    kind: 'transient',
    means: 'The configured URL does not respond like a schema registry.',
    next: 'Start the registry or correct registry.url, the base URL of /subjects; the run resumes by itself.',
  },
  STEERFLOW_REGISTRY_REFUSED: {
    kind: 'usage',
    means: 'The schema registry refuses a request.',
    next: 'Check registry.username, STEERFLOW_REGISTRY_PASSWORD and the permissions of that user.',
  },
  STEERFLOW_PACKAGE_MISSING: {
    kind: 'usage',
    means: 'The configuration needs a package, or its binary, that was left out of the installation.',
    next: 'Run the command in the message, or install steerflow without --omit=optional.',
  },
  STEERFLOW_TOPIC_UNKNOWN: {
    kind: 'usage',
    means: 'No topic has that name.',
    next: 'Run `steerflow graph` for the list of topics.',
  },
  STEERFLOW_STORAGE: {
    kind: 'fatal',
    means: 'A file of the data folder cannot be written or read, or does not match its digest.',
    next: 'Check the disk that the message names: nothing acknowledged is lost, and a paused node resumes by itself.',
  },
  STEERFLOW_STORAGE_FULL: {
    kind: 'fatal',
    means: 'The disk of the shards and snapshots has no room left.',
    next: 'Free space on the disk of the data folder: `steerflow doctor` says what uses it, `steerflow datasets gc`, `jobs gc` and `shards gc` remove what nothing needs. A paused node then resumes by itself; nothing acknowledged is lost.',
  },
  STEERFLOW_STORAGE_AWAY: {
    kind: 'transient',
    means: 'The storage service of the shards does not answer, or asks for a later retry.',
    next: 'Check storage.s3.endpoint and the network; sealing waits and resumes by itself.',
  },
  STEERFLOW_STORAGE_REFUSED: {
    kind: 'fatal',
    means:
      'The storage service of the shards refuses access: credentials, permissions, or a bucket that does not exist.',
    next: 'Check storage.s3.bucket and region, and the credentials of the environment (AWS_ACCESS_KEY_ID, AWS_PROFILE, the role of the machine); then run again: nothing is lost.',
  },
  STEERFLOW_PATH_OUTSIDE: {
    kind: 'permanent',
    means: 'A name or path in a record, a manifest or a report would lead out of the data folder.',
    next: 'Correct or remove it at its source; nothing was read, written or started there.',
  },
  STEERFLOW_JOB_FAILED: {
    kind: 'fatal',
    means: 'A training job ended with an error.',
    next: 'Read its log with `steerflow jobs show`.',
  },
  STEERFLOW_LAUNCHER_UNAVAILABLE: {
    kind: 'transient',
    means: 'The launcher of training jobs (Slurm, Kubernetes, a webhook) does not answer now.',
    next: 'Usually nothing: it is asked again until it answers; `steerflow doctor` says what is wrong.',
  },
  STEERFLOW_JOB_INVALID: {
    kind: 'permanent',
    means: 'A training job cannot be rendered from its settings.',
    next: 'Correct the named setting of the dataset in the configuration.',
  },
  STEERFLOW_ROUND_CLOSED: {
    kind: 'permanent',
    means: 'A record arrived for a bootstrap round in which every prompt is already accounted for.',
    next: 'Nothing: the round is complete without it. `steerflow bootstrap report` shows it; the next round asks again.',
  },
  STEERFLOW_ROUND_INVALID: {
    kind: 'permanent',
    means: 'A bootstrap round cannot be opened: a training snapshot, value model, prompt or attribute line is missing.',
    next: 'The message names the missing part; see docs/bootstrap.md, then run `steerflow bootstrap start` again.',
  },
  STEERFLOW_MODEL_INVALID: {
    kind: 'fatal',
    means: 'A model file is damaged or of another kind.',
    next: 'Train it again, or name another model.',
  },
  STEERFLOW_PORT_TAKEN: {
    kind: 'usage',
    means: 'A server cannot listen at its configured address.',
    next: 'Name another port, or stop the process that uses it.',
  },
} as const satisfies Record<`STEERFLOW_${string}`, ErrorRow>

export type ErrorCode = keyof typeof errorTable

/**
 * The only error that crosses a module boundary. The code decides how the runtime handles it; the message says what
 * happened, in terms of the record or option at hand; the cause is kept.
 */
export class SteerflowError extends Error {
  override readonly name = 'SteerflowError'
  readonly code: ErrorCode
  readonly kind: ErrorKind

  readonly #next: string | undefined

  /** @param options.next the next step, if more is known than the table says */
  constructor(code: ErrorCode, message: string, options: { cause?: unknown; next?: string } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause })
    this.code = code
    this.kind = errorTable[code].kind
    this.#next = options.next
  }

  /** The next step. */
  get next(): string {
    return this.#next ?? errorTable[this.code].next
  }
}

/** Turns anything thrown into a SteerflowError. Foreign errors are bugs of ours, except for a limit that is too low. */
export function asSteerflowError(thrown: unknown): SteerflowError {
  if (thrown instanceof SteerflowError) return thrown
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : null
  if (code === 'EMFILE' || code === 'ENFILE')
    return new SteerflowError('STEERFLOW_OPEN_FILES', message, { cause: thrown })
  return new SteerflowError('STEERFLOW_BUG', message, { cause: thrown })
}

/** The messages of an error and of its causes, outermost first, on one line. */
export function explain(error: unknown): string {
  const parts: string[] = []
  for (let at: unknown = error; at !== undefined && at !== null && parts.length < 8;) {
    const message = at instanceof Error ? at.message : typeof at === 'string' ? at : JSON.stringify(at)
    if (parts.at(-1) !== message) parts.push(message)
    at = at instanceof Error ? at.cause : undefined
  }
  return parts.join(': ')
}
