import type { z } from 'zod'
import type { Wire } from '../../../src/runtime/wire.js'
import { encode, type EachRunner, node, reader } from '../../../src/stages/node.js'
import { clean } from '../../../src/stages/clean.js'
import type { Capabilities } from '../../../src/stages/needs.js'
import { dropped, unscored, unscoredClean } from '../../../src/topics.js'
import { type NextConversation, nextOf } from './next-version.js'

/** A conversation of the next version: every turn has a field that this version does not know. */
export const newer: z.output<typeof NextConversation> = {
  ...clean.examples[0]!.given,
  conversations: clean.examples[0]!.given.conversations.map((turn, at) => ({ ...turn, seconds: at + 0.5 })),
}

/** The value that a program of the next version writes for it. */
export const writtenBy = (next: Wire): Buffer => next.frame(unscored.name, encode(nextOf(unscored), newer).value)

/** Takes a value through the clean stage of this version, as the runtime does: unframed, run, framed. */
export async function throughClean(wire: Wire, value: Buffer): Promise<Buffer> {
  const cleaning = node('clean', clean, { from: unscored, to: { kept: unscoredClean, dropped } })
  const masker = { digest: 'test', firstLearnt: async () => 0 }
  const runner = cleaning.start({}, { masker } as unknown as Capabilities) as EachRunner
  const { signal } = new AbortController()
  const at = { topic: unscored.name, partition: 0, offset: 0n, timestamp: 0, signal }
  const [kept] = await runner.run(await wire.unframe(unscored.name, value), at)
  return wire.frame(kept!.topic, kept!.value)
}

/** What a program of the next version reads of it. */
export const readBy = async (next: Wire, value: Buffer): Promise<z.output<typeof NextConversation>> =>
  reader(nextOf(unscoredClean))(await next.unframe(unscoredClean.name, value))
