import { writeFile } from 'node:fs/promises'
import { system, text } from './drive.js'

/** Conversations whose turns all differ, as JSON lines. */
export async function writeConversations(path: string, count: number, turns = 1): Promise<void> {
  const lines = Array.from({ length: count }, (_, record) =>
    JSON.stringify({
      conversations: Array.from({ length: turns }, (_, turn) => ({
        value: text(record * turns + turn),
        from: turn % 2 === 0 ? 'User' : 'Assistant',
      })),
      system,
    }),
  )
  await writeFile(path, `${lines.join('\n')}\n`)
}
