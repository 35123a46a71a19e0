/**
 * What happens to a failure:
 * - `usage`: the person at the keyboard has to change something; exit 2.
 * - `permanent`: this record will never pass; it goes to the dead letters and its neighbours go on.
 * - `transient`: the same call may succeed later; it is retried with backoff.
 * - `fatal`: nothing may be acknowledged any more; the run stops with the code.
 */
export type ErrorKind = 'usage' | 'permanent' | 'transient' | 'fatal'

interface ErrorRow {
  readonly kind: ErrorKind
  /** What it means, in one sentence. */
  readonly means: string
  /** What to do next, in one sentence. */
  readonly next: string
}

/** The closed list. `docs/errors.md` is generated from it and checked by a test. */
export const errorTable = {
  STEERFLOW_BUG: {
    kind: 'fatal',
    means: 'A state that the code rules out was reached.',
    next: 'Report it with the message and the command; the stored log is unharmed.',
  },
  STEERFLOW_USAGE: {
    kind: 'usage',
    means: 'A command was called with an option or argument that it does not take.',
    next: 'The message names what is meant; `--help` behind the command lists its options and arguments.',
  },
  STEERFLOW_CONFIG_INVALID: {
    kind: 'usage',
    means: 'The configuration does not fit its schema.',
    next: 'Correct the named key; `steerflow config show` prints what is in force.',
  },
  STEERFLOW_FLOW_INVALID: {
    kind: 'usage',
    means: 'A pipeline of your own cannot be put together, its module cannot be loaded, or a part of it fails.',
    next: 'Correct the module that the message names; docs/flows.md says how flows are defined.',
  },
  STEERFLOW_INPUT_NOT_FOUND: {
    kind: 'usage',
    means: 'A file or folder named on the command line cannot be read.',
    next: 'Check the path and its permissions.',
  },
  STEERFLOW_DATA_ABSENT: {
    kind: 'usage',
    means: 'There is no data folder of that name, or no topic of that namespace of Kafka.',
    next: 'Name the one that is meant with --data-dir (dataDir, log.kafka.namespace); `steerflow quickstart`, `steerflow ingest FILES` or `steerflow topics apply` begins one.',
  },
  STEERFLOW_OUTPUT_FOREIGN: {
    kind: 'usage',
    means: 'An output file that is there already was not made from this input.',
    next: 'Name another output file, or remove this one to start anew.',
  },
  STEERFLOW_OUTPUT_PLACE: {
    kind: 'usage',
    means:
      'An output that was named cannot be written there: what should be its folder is none, or permission is missing.',
    next: 'Name another place, or mend the folder or its permissions.',
  },
  STEERFLOW_OUTPUT_BROKEN: {
    kind: 'fatal',
    means: 'What a command prints cannot be written where standard output leads.',
    next: 'Free the disk, or name another place behind `>`; then run the command again: what it printed is not whole.',
  },
  STEERFLOW_OPEN_FILES: {
    kind: 'fatal',
    means: 'The machine does not let this process, or all of them together, open another file or connection.',
    next: 'Raise the limit (`ulimit -n 4096` in a shell, LimitNOFILE= of a service, --ulimit nofile= of a container), then run again: nothing is lost.',
  },
  STEERFLOW_INPUT_FORMAT: {
    kind: 'permanent',
    means: 'A line is in none of the formats that are understood.',
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
    means: 'A compressed input ends early or is damaged, or it expands beyond every plausible size.',
    next: 'Fetch the file again and ingest it: it goes on behind what was read before the damage.',
  },
  STEERFLOW_RECORD_INVALID: {
    kind: 'permanent',
    means: 'A record does not fit the schema of its topic.',
    next: 'Look at it with `steerflow dead-letters show`, correct its producer, and replay.',
  },
  STEERFLOW_STAGE_FAILED: {
    kind: 'permanent',
    means: 'A stage failed on a record in a way that it does not foresee.',
    next: 'Report it with the cause; correct the record or the stage, and replay the dead letter.',
  },
  STEERFLOW_SOURCE_INVALID: {
    kind: 'permanent',
    means: 'A source record lacks something that its format requires, or holds a value that it does not allow.',
    next: 'Put the corrected record at the end of its file, or into one of its own, and ingest that.',
  },
  STEERFLOW_FANOUT: {
    kind: 'permanent',
    means: 'One record would become more records, turns or bytes than the bounds allow.',
    next: 'Raise the fanout bounds in the configuration, or split the source record.',
  },
  STEERFLOW_UNMASKABLE: {
    kind: 'permanent',
    means: 'The loss mask of a conversation cannot be computed.',
    next: 'The cause names the rule; correct the conversation.',
  },
  STEERFLOW_TOKENIZER: {
    kind: 'fatal',
    means: 'The tokenizer model cannot be loaded.',
    next: 'Check clean.tokenizer: it must be a SentencePiece .model file.',
  },
  STEERFLOW_RECORD_EXHAUSTED: {
    kind: 'permanent',
    means: 'A record failed again and again while others succeeded at the same place.',
    next: 'Look at the cause, correct it, and replay the dead letter.',
  },
  STEERFLOW_DEAD_LETTERS: {
    kind: 'fatal',
    means: 'Most records of a node became dead letters for a reason that may lie in what it asks, so that it waits.',
    next: 'Look at `steerflow dead-letters summary`, mend what it names (the server, the model, the tokenizer) and the node goes on by itself; or raise deadLetters.maxShare.',
  },
  STEERFLOW_RECORD_TOO_LARGE: {
    kind: 'permanent',
    means: 'A record is larger than the log takes.',
    next: 'Raise the limit of the log, or split the record.',
  },
  STEERFLOW_OUTAGE: {
    kind: 'transient',
    means: 'No inference server answers.',
    next: 'Start a server or correct annotate.endpoints; the run goes on by itself.',
  },
  STEERFLOW_STUCK: {
    kind: 'usage',
    means: 'A run that is to end by itself waits for something that nobody makes.',
    next: 'The message names what it is, and why it does not come; correct that and run again: nothing is lost.',
  },
  STEERFLOW_MODEL_ABSENT: {
    kind: 'transient',
    means: 'The model that a record had begun with has no endpoint any more.',
    next: 'Nothing: the record begins again with the active model. If it lasts, promote a model that endpoints serve.',
  },
  STEERFLOW_INFERENCE_REFUSED: {
    kind: 'permanent',
    means: 'An inference server refused a request as invalid.',
    next: 'The cause holds its answer; check the attribute set and the protocol.',
  },
  STEERFLOW_INFERENCE_ANSWER: {
    kind: 'transient',
    means: 'An inference server answered something that is not a label.',
    next: 'Check that the server runs a value model with the same prompt tokens.',
  },
  STEERFLOW_FENCED: {
    kind: 'fatal',
    means: 'Another run took over this partition.',
    next: 'Nothing is lost: the other run goes on. Stop one of the two.',
  },
  STEERFLOW_RUN_ACTIVE: {
    kind: 'usage',
    means: 'Another process is at work in the same data folder.',
    next: 'Wait for it, stop it, or name another folder with --data-dir.',
  },
  STEERFLOW_GROUP_ACTIVE: {
    kind: 'usage',
    means: 'Processes are at work with the offsets that are to be moved.',
    next: 'Stop every run of this node; one that was killed is forgotten within seconds. Then try again.',
  },
  STEERFLOW_OFFSET_LOST: {
    kind: 'fatal',
    means: 'Records before the start of the log were never read by this group.',
    next: 'The message names the range; lengthen the retention of the topic, ingest the sources again, or start with another --data-dir.',
  },
  STEERFLOW_TOPIC_REPLACED: {
    kind: 'fatal',
    means: 'A topic of Kafka was deleted, or deleted and made anew, since it was last read.',
    next: 'Stop the runs of the node, then `steerflow offsets reset --node NODE --to-earliest` reads the new topic from its beginning, --to-latest passes over what it holds; find out who deletes topics.',
  },
  STEERFLOW_STORE_FOREIGN: {
    kind: 'usage',
    means: 'The workers of a deployment keep shards, snapshots and jobs in one store, and this worker has another.',
    next: 'Name the same folder, on storage that all hosts share, with --data-dir; or a bucket with storage.s3; or run only nodes that need no store (--nodes). `steerflow run --adopt` moves the deployment to the store of this worker: copy the files first.',
  },
  STEERFLOW_LOG_FULL: {
    kind: 'fatal',
    means: 'The log has no room left on its disk or in its budget.',
    next: 'Free space on the disk that the message names, raise log.maxBytes, or shorten the retention: a node that is paused for it goes on by itself, and nothing acknowledged is lost.',
  },
  STEERFLOW_LOG_CORRUPT: {
    kind: 'fatal',
    means: 'The stored log cannot be read.',
    next: 'Restore the data folder from a copy, or start with another --data-dir.',
  },
  STEERFLOW_LOG_DAMAGED: {
    kind: 'fatal',
    means: 'What the embedded log has stored is not what was written: a checksum does not fit.',
    next: 'Restore the data folder from a copy, or go on without the named record, which is lost then: the message says how. `steerflow doctor --deep` finds all that is damaged; check the disk and the memory of the machine.',
  },
  STEERFLOW_KAFKA_UNREACHABLE: {
    kind: 'transient',
    means: 'No Kafka broker answers, or the connection to one broke.',
    next: 'Check that the brokers run, and log.kafka: brokers, tls and sasl; a run goes on by itself once they answer.',
  },
  STEERFLOW_KAFKA_BUSY: {
    kind: 'transient',
    means: 'Kafka answers, but cannot do this now: it elects a leader, rebalances, or ends an older transaction.',
    next: 'Nothing: it is tried again. If it lasts, look at the log of the brokers.',
  },
  STEERFLOW_KAFKA_REFUSED: {
    kind: 'fatal',
    means: 'Kafka and this client do not take each other: credentials, certificate or permissions.',
    next: 'Check log.kafka.sasl and log.kafka.tls, and the permissions on what begins with log.kafka.namespace.',
  },
  STEERFLOW_KAFKA_FAILED: {
    kind: 'fatal',
    means: 'Kafka turned a request down for a reason that trying again does not remove.',
    next: 'The message holds its answer; check log.kafka against the settings of the brokers.',
  },
  STEERFLOW_SCHEMA_UNKNOWN: {
    kind: 'permanent',
    means: 'A value names no schema, or one that is not known.',
    next: 'Read docs/schemas.md: register the schema or upgrade this program, then replay the dead letter.',
  },
  STEERFLOW_SCHEMA_INCOMPATIBLE: {
    kind: 'permanent',
    means: 'A schema is not one that its topic can have.',
    next: 'Correct the producer or the schema so that older readers keep what they need; replay the dead letter.',
  },
  STEERFLOW_SCHEMA_UNREGISTERED: {
    kind: 'usage',
    means: 'The schema that a topic is written with is not in the registry.',
    next: 'Run `steerflow schemas register`, or set registry.autoRegister.',
  },
  STEERFLOW_REGISTRY_DOWN: {
    kind: 'transient',
    means: 'The schema registry does not answer as one.',
    next: 'Start it or correct registry.url, the base below which /subjects lies; the run goes on by itself.',
  },
  STEERFLOW_REGISTRY_REFUSED: {
    kind: 'usage',
    means: 'The schema registry does not allow a request.',
    next: 'Check registry.username, STEERFLOW_REGISTRY_PASSWORD and what that user may do.',
  },
  STEERFLOW_PACKAGE_MISSING: {
    kind: 'usage',
    means: 'Something is configured that wants a package, or its binary, that was left out of the installation.',
    next: 'Run the command in the message, or install steerflow without --omit=optional.',
  },
  STEERFLOW_TOPIC_UNKNOWN: {
    kind: 'usage',
    means: 'There is no topic of that name.',
    next: 'Run `steerflow graph` for the list of topics.',
  },
  STEERFLOW_STORAGE: {
    kind: 'fatal',
    means: 'A file of the data folder cannot be written or read, or does not match its digest.',
    next: 'Check the disk that the message names: nothing that was acknowledged is lost, and a node that is paused for it goes on by itself.',
  },
  STEERFLOW_STORAGE_FULL: {
    kind: 'fatal',
    means: 'The disk that shards and snapshots are written to has no room left.',
    next: 'Free space on the disk of the data folder: `steerflow doctor` says what uses it, `steerflow datasets gc`, `jobs gc` and `shards gc` remove what nothing needs. A node that is paused for it goes on by itself; nothing acknowledged is lost.',
  },
  STEERFLOW_STORAGE_AWAY: {
    kind: 'transient',
    means: 'The service that keeps the shards does not answer, or asks to be asked later.',
    next: 'Check storage.s3.endpoint and the network; sealing waits and goes on by itself.',
  },
  STEERFLOW_STORAGE_REFUSED: {
    kind: 'fatal',
    means: 'The service that keeps the shards refuses us: credentials, permissions, or a bucket that is not there.',
    next: 'Check storage.s3.bucket and region, and the credentials of the environment (AWS_ACCESS_KEY_ID, AWS_PROFILE, the role of the machine); then run again: nothing is lost.',
  },
  STEERFLOW_PATH_OUTSIDE: {
    kind: 'permanent',
    means: 'A name or path in a record, a manifest or a report would lead out of the data folder.',
    next: 'Correct or remove what names it; nothing was read, written or started there.',
  },
  STEERFLOW_JOB_FAILED: {
    kind: 'fatal',
    means: 'A training job ended with an error.',
    next: 'Read its log with `steerflow jobs show`.',
  },
  STEERFLOW_LAUNCHER_UNAVAILABLE: {
    kind: 'transient',
    means: 'What runs training jobs (Slurm, Kubernetes, a webhook) does not answer now.',
    next: 'Nothing, as a rule: it is asked again until it answers; `steerflow doctor` says what it is.',
  },
  STEERFLOW_JOB_INVALID: {
    kind: 'permanent',
    means: 'A training job cannot be rendered from its settings.',
    next: 'Correct the named setting of the dataset in the configuration.',
  },
  STEERFLOW_ROUND_CLOSED: {
    kind: 'permanent',
    means: 'Something came for a bootstrap round in which every prompt is accounted for already.',
    next: 'Nothing: the round is complete without it. `steerflow bootstrap report` shows it; the next round asks again.',
  },
  STEERFLOW_ROUND_INVALID: {
    kind: 'permanent',
    means:
      'A bootstrap round cannot be opened: no training snapshot, value model, prompt or attribute line to make it of.',
    next: 'The message names what is missing; see docs/bootstrap.md, then `steerflow bootstrap start` again.',
  },
  STEERFLOW_MODEL_INVALID: {
    kind: 'fatal',
    means: 'A model file is damaged or of another kind.',
    next: 'Train it again, or name another one.',
  },
  STEERFLOW_PORT_TAKEN: {
    kind: 'usage',
    means: 'A server cannot listen where it was told to.',
    next: 'Name another port, or stop what uses it.',
  },
} as const satisfies Record<`STEERFLOW_${string}`, ErrorRow>

export type ErrorCode = keyof typeof errorTable

/**
 * The only error that crosses a module border. The code decides what the runtime does with it; the message says what
 * happened, in terms of the record or option at hand; the cause is kept.
 */
export class SteerflowError extends Error {
  override readonly name = 'SteerflowError'
  readonly code: ErrorCode
  readonly kind: ErrorKind

  readonly #next: string | undefined

  /** @param options.next what to do next, in a sentence, where more is known than the table says */
  constructor(code: ErrorCode, message: string, options: { cause?: unknown; next?: string } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause })
    this.code = code
    this.kind = errorTable[code].kind
    this.#next = options.next
  }

  /** What to do next, in one sentence. */
  get next(): string {
    return this.#next ?? errorTable[this.code].next
  }
}

/** Anything thrown, as a SteerflowError; what is not one already is a bug of ours, but for a limit that is too low. */
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
