import { makeTopics, type TopicPlan, topicPlan } from '../../runtime/topic-plan.js'
import type { Session, Verb } from '../command.js'
import { topicSpecsOf } from '../config.js'
import { type ConfigFlags, configOf, withConfig } from '../options.js'
import { table } from '../render/bars.js'
import { inWorkspace } from '../workspace.js'

interface Flags extends ConfigFlags {
  readonly grow?: true
  readonly json?: true
}

/** Printed before partitions are added. */
const growing =
  'warning: more partitions move keys to other partitions; the order of a key holds only among new records\n'

/** `topics plan|apply`: compares the topics of the log with the declared ones, and creates missing ones. */
export const topics: Verb = (program, session) => {
  const group = program
    .command('topics')
    .description('Compare the topics of the log with the configuration, and create missing ones.')
    .addHelpText('after', '\nExamples:\n  steerflow topics plan\n  steerflow topics apply\n')

  const plan = group
    .command('plan')
    .description('Show missing topics, missing partitions and changed settings; changes nothing.')
    .option('--json', 'print JSON')
  withConfig(plan).action((flags: Flags) => {
    const config = configOf(flags)
    return inWorkspace(
      config,
      async ({ log }) => {
        const plans = await topicPlan(log, topicSpecsOf(config))
        await show(session, plans, flags, { create: 'create', grow: 'grow, with apply --grow' })
      },
      { makeTopics: false, looks: true },
    )
  })

  const apply = group
    .command('apply')
    .description('Create missing topics; changes or deletes nothing else.')
    .option('--grow', 'also add missing partitions; a key may then move to another partition')
    .option('--json', 'print JSON')
  withConfig(apply).action((flags: Flags) => {
    const config = configOf(flags)
    const declared = topicSpecsOf(config)
    return inWorkspace(
      config,
      async ({ log }) => {
        const before = await topicPlan(log, declared)
        const grow = (flags.grow ?? false) && before.some(({ action }) => action === 'grow')
        if (grow) session.err(growing)
        if (grow || before.some(({ action }) => action === 'create')) await makeTopics(log, declared, grow)
        await show(session, before, flags, { create: 'created', grow: grow ? 'grown' : 'not grown: see --grow' })
      },
      { begins: true, makeTopics: false },
    )
  })
}

async function show(
  session: Session,
  plans: readonly TopicPlan[],
  { json }: Flags,
  words: Readonly<Record<'create' | 'grow', string>>,
): Promise<void> {
  if (json) return session.json(plans)
  const rows = plans.map(({ topic, action, now, wanted, drift }) => [
    topic,
    now === null ? '-' : String(now),
    String(wanted),
    action === 'none' ? (drift.length > 0 ? 'drift' : '') : words[action],
  ])
  await session.out(`${table([['topic', 'partitions', 'declared', 'plan'], ...rows], [0, 3]).join('\n')}\n`)
  for (const { topic, drift } of plans) {
    for (const { setting, is, wanted, why } of drift)
      await session.out(`drift: ${topic}: ${setting} is ${is}, not ${wanted}: ${why}\n`)
  }
  if (plans.every(({ action }) => action === 'none')) await session.out('nothing to do\n')
}
