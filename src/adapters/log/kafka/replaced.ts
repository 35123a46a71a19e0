import { SteerflowError } from '../../../domain/errors.js'
import type { Offset } from '../../../runtime/log.js'
import { noTopic, type TopicIdentity } from './topic-ids.js'

/** The error for a group whose topic was replaced, with the way to continue. */
export function replaced(
  group: string,
  topic: string,
  partition: number,
  was: string,
  now: TopicIdentity,
  extent: { readonly start: Offset; readonly end: Offset } | null,
): SteerflowError {
  const place = `${group} on ${topic}/${partition}`
  const before = 'outputs of committed records are in the downstream topics; unread records are gone with the old topic'
  if (now === noTopic) {
    const what = `${place}: the topic was deleted; ${before}. \`steerflow topics apply\` creates it again`
    return new SteerflowError('STEERFLOW_TOPIC_REPLACED', `${what}, then \`${reset(group)}\` reads it`)
  }
  const holds = extent && extent.end > extent.start ? `offsets ${extent.start} to ${extent.end - 1n}` : 'no records'
  const what = `${place}: the topic was deleted and created again (its id was ${short(was)}, is ${short(now)}); ${before}`
  const back = `The new one has ${holds} here: \`${reset(group)}\` reads it from its beginning`
  return new SteerflowError('STEERFLOW_TOPIC_REPLACED', `${what}. ${back}`)
}

const reset = (group: string): string => `steerflow offsets reset --node ${group} --to-earliest`

const short = (id: string): string => id.slice(0, 8)
