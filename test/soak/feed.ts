import { readFile } from 'node:fs/promises'
import { z } from 'zod'

/** As much of a tree as has to be renamed. */
interface Message {
  message_id: string
  text: string
  replies?: Message[]
}
const Tree = z.looseObject({ message_tree_id: z.string(), prompt: z.looseObject({ text: z.string() }) })

/**
 * Conversation trees without end: those of a file again and again, each time under other ids and with another first
 * text, so that no conversation comes twice and no prefix is known already.
 */
export class Feed {
  #given = 0

  private constructor(private readonly lines: readonly string[]) {}

  static async of(file: string): Promise<Feed> {
    return new Feed((await readFile(file, 'utf8')).split('\n').filter(Boolean))
  }

  /** Trees given so far. */
  get given(): number {
    return this.#given
  }

  /** The next trees as JSON lines. */
  next(count: number): string {
    const lines: string[] = []
    for (let i = 0; i < count; i++) {
      const round = Math.floor(this.#given / this.lines.length)
      lines.push(renamed(this.lines[this.#given % this.lines.length]!, round))
      this.#given++
    }
    return `${lines.join('\n')}\n`
  }
}

/** A tree under the ids of a round. */
function renamed(line: string, round: number): string {
  const tree = Tree.parse(JSON.parse(line))
  const prompt = tree.prompt as unknown as Message
  const rename = (message: Message): void => {
    message.message_id = `${message.message_id}-${round}`
    for (const reply of message.replies ?? []) rename(reply)
  }
  rename(prompt)
  prompt.text = `(${round}) ${prompt.text}`
  return JSON.stringify({ ...tree, message_tree_id: `${tree.message_tree_id}-${round}` })
}
