import type { Command } from 'commander'
import { checkFiles } from '../../adapters/registry/check-files.js'
import { openRegistry } from '../../adapters/registry/confluent.js'
import { compareSchemas, publishSchemas, type SchemaStatus } from '../../adapters/registry/publish-schemas.js'
import type { SchemaRegistry } from '../../adapters/registry/registry.js'
import { openSchemaIndex, type SchemaIndex } from '../../adapters/registry/schema-index.js'
import { SteerflowError } from '../../domain/errors.js'
import { exitCodes, type Session, type Verb } from '../command.js'
import type { Config } from '../config.js'
import { type ConfigFlags, configOf, withConfig } from '../options.js'
import { oneLine, table } from '../render/bars.js'
import { namespaceOf } from '../wire-settings.js'

interface Flags extends ConfigFlags {
  readonly namespace?: string
  readonly json?: true
  readonly dryRun?: true
}

/** `schemas check|register`: compares the committed schemas with the registry, or registers them. */
export const schemas: Verb = (program, session) => {
  const group = program
    .command('schemas')
    .description('Check the schemas of records against a registry, or register them.')
    .addHelpText(
      'after',
      '\nExamples:\n  steerflow schemas check\n  steerflow schemas register --set registry.url=http://localhost:8081\n',
    )

  const check = group
    .command('check')
    .description(
      'Compare the committed schemas with the registry, or with their files if there is none; exit code 1 if they differ.',
    )
  withFlags(check).action(async (flags: Flags) => {
    const config = configOf(flags)
    const index = openSchemaIndex()
    if (config.registry.url === '') return files(session, index, flags)
    const namespace = flags.namespace ?? namespaceOf(config)
    await withRegistry(config, async registry => {
      await show(session, flags, await each(index, topic => compareSchemas(registry, index, namespace, topic)))
    })
  })

  const register = group
    .command('register')
    .description('Register the committed schemas that the registry lacks; exit code 1 if it rejects one.')
    .option('--dry-run', 'only show what is missing and whether the registry would accept it')
  withFlags(register).action(async (flags: Flags) => {
    const index = openSchemaIndex()
    const config = configOf(flags)
    const namespace = flags.namespace ?? namespaceOf(config)
    const act = flags.dryRun ? compareSchemas : publishSchemas
    await withRegistry(config, async registry => {
      const statuses = await each(index, topic => act(registry, index, namespace, topic))
      await show(session, flags, statuses, flags.dryRun ? ['incompatible'] : ['incompatible', 'missing'])
    })
  })
}

const withFlags = (command: Command): Command =>
  withConfig(
    command
      .option('--namespace <name>', 'prefix of the subjects (default: log.kafka.namespace, or steerflow)')
      .option('--json', 'print JSON lines'),
  )

async function withRegistry(config: Config, work: (registry: SchemaRegistry) => Promise<void>): Promise<void> {
  if (config.registry.url === '') throw new SteerflowError('STEERFLOW_USAGE', 'registry.url is not set')
  const registry = await openRegistry(config.registry)
  try {
    await work(registry)
  } finally {
    await registry.close()
  }
}

/** Processes topics one after another. The first failure ends it; schemas registered before stay. */
async function each(
  index: SchemaIndex,
  act: (topic: string) => Promise<readonly SchemaStatus[]>,
): Promise<readonly SchemaStatus[]> {
  const statuses: SchemaStatus[] = []
  for (const topic of index.topics) statuses.push(...(await act(topic)))
  return statuses
}

/** Prints the state of every version; exit code 1 if a version is in one of the `bad` states. */
async function show(
  session: Session,
  { json }: Flags,
  statuses: readonly SchemaStatus[],
  bad: readonly SchemaStatus['state'][] = ['incompatible', 'missing'],
): Promise<void> {
  if (json) for (const status of statuses) await session.json(status)
  else {
    const header = ['subject', 'version', 'id', 'state', 'checks', 'detail']
    const rows = statuses.map(({ subject, version, id, state, compatibility, detail }) => [
      subject,
      String(version),
      id === null ? '–' : String(id),
      state,
      compatibility ?? 'none set',
      oneLine(detail, 300),
    ])
    await session.out(`${table([header, ...rows], [0, 3, 4, 5]).join('\n')}\n`)
  }
  const wrong = statuses.filter(({ state }) => bad.includes(state)).length
  session.err(`${statuses.length - wrong} schema versions are correct, ${wrong} are not\n`)
  const unchecked = new Set(statuses.filter(({ compatibility }) => compatibility === 'NONE').map(s => s.subject))
  if (unchecked.size > 0)
    session.err(`${unchecked.size} subjects have no compatibility check: set BACKWARD in the registry\n`)
  if (wrong > 0) session.exit(exitCodes.failed)
}

async function files(session: Session, index: SchemaIndex, { json }: Flags): Promise<void> {
  const statuses = checkFiles(index)
  if (json) for (const status of statuses) await session.json(status)
  else {
    const header = ['subject', 'version', 'id', 'state', 'file']
    const rows = statuses.map(({ subject, version, id, state, file }) => [
      ...[subject, String(version), String(id), state, file],
    ])
    await session.out(`${table([header, ...rows], [0, 3, 4]).join('\n')}\n`)
  }
  const wrong = statuses.filter(({ state }) => state !== 'as committed').length
  session.err(`no registry.url: ${statuses.length - wrong} files match the committed schemas, ${wrong} do not\n`)
  if (wrong > 0) session.exit(exitCodes.failed)
}
