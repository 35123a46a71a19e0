import { type FanoutBounds } from '../fanout.js'
import { byteNames } from '../json/byte-map.js'
import { ByteScanner, giveUp, openList, openObject, Unusual } from '../json/byte-scanner.js'
import { quickLabel } from './quick-label.js'
import { type Recipe } from './recipe.js'
import { type SpelledTree, turnHead, turnTail } from './spelled.js'
import { addLanguage, type Draft } from './turn.js'

const recordKeys = byteNames('message_tree_id', 'prompt')
const messageKeys = byteNames('text', 'role', 'replies', 'labels', 'lang', 'prompt')
const roles = byteNames('prompter', 'assistant')

/**
 * Makes the function that spells the turns of a message tree straight from its JSON, in valid UTF-8: texts are copied as
 * they are spelled, and what no conversation needs is only checked to be JSON. For what is not as in OpenAssistant's
 * exports, good or bad, it says false; `readTree` knows what to do with it.
 */
export function quickReader(recipe: Recipe, bounds: FanoutBounds): (json: Uint8Array, into: SpelledTree) => boolean {
  const scanner = new ByteScanner()
  const label = quickLabel(scanner, recipe)
  let tree: SpelledTree

  const plainText = (): string => {
    scanner.string()
    return scanner.plain ? scanner.text() : giveUp()
  }

  const record = (): void => {
    let treeId: string | undefined
    let prompted = false
    if (!scanner.enter(openObject)) giveUp()
    do {
      const key = scanner.key(recordKeys)
      if (key === undefined) scanner.skip()
      else if (key === 'message_tree_id') treeId = treeId === undefined ? plainText() : giveUp()
      else {
        if (prompted) giveUp()
        prompted = true
        message(-1, 1)
      }
    } while (scanner.more(openObject))
    scanner.close()
    tree.treeId = treeId !== undefined && prompted ? treeId : giveUp()
  }

  const message = (parent: number, depth: number): void => {
    if (depth > bounds.turns) giveUp()
    const index = tree.parents.push(parent) - 1
    let start = -1
    let stop = -1
    let canonical = true
    let role: 'prompter' | 'assistant' | undefined
    let human: string | undefined
    let lang: string | undefined
    let answered = false
    if (!scanner.enter(openObject)) giveUp()
    do {
      switch (scanner.key(messageKeys)) {
        case undefined:
          scanner.skip()
          break
        case 'text':
          if (start !== -1) giveUp()
          scanner.string()
          start = scanner.start
          stop = scanner.stop
          canonical = scanner.canonical
          break
        case 'role':
          if (role !== undefined) giveUp()
          scanner.string()
          role = roles.get(scanner.bytes, scanner.start, scanner.stop) ?? giveUp()
          break
        case 'replies':
          if (answered) giveUp()
          answered = true
          replies(index, depth)
          break
        case 'labels':
          human = human === undefined ? label() : giveUp()
          break
        case 'lang':
          lang = lang === undefined ? plainText() : giveUp()
          break
        case 'prompt':
          giveUp()
      }
    } while (scanner.more(openObject))
    if (start === -1 || role === undefined || !answered) giveUp()

    const turn: Draft = { from: role === 'prompter' ? 'User' : 'Assistant' }
    if (recipe.labelsReplies && role === 'prompter') turn.label = null
    else if (human !== undefined) turn.label = human
    if (recipe.set.language && lang !== undefined) {
      addLanguage(turn, lang, recipe, giveUp)
      tree.langs.add(turn.lang!)
    }
    const { bytes } = tree
    tree.starts[index] = bytes.length
    bytes.text(turnHead(depth === 1))
    if (canonical) bytes.add(scanner.bytes, start, stop)
    else bytes.text(respelled(scanner.text(start - 1, stop + 1)))
    bytes.text(turnTail(turn))
    tree.ends[index] = bytes.length
  }

  const replies = (parent: number, depth: number): void => {
    if (scanner.enter(openList)) {
      do message(parent, depth + 1)
      while (scanner.more(openList))
    } else if (depth > 1) tree.leaves.push(parent)
  }

  return (json, into) => {
    tree = into
    tree.clear()
    scanner.open(json)
    try {
      record()
    } catch (error) {
      if (error instanceof Unusual) return false
      throw error
    }
    return withinBounds(tree, bounds)
  }
}

/** A string literal as it is written, without its quotes. */
function respelled(literal: string): string {
  const text = JSON.parse(literal) as string
  return text.isWellFormed() ? JSON.stringify(text).slice(1, -1) : giveUp()
}

/** Whether the tree is surely within bounds: its turns are spelled with more bytes than are counted. */
function withinBounds({ leaves, parents, starts, ends }: SpelledTree, bounds: FanoutBounds): boolean {
  if (leaves.length > bounds.paths) return false
  let bytes = 0
  for (const leaf of leaves) {
    for (let at = leaf; at !== -1; at = parents[at]!) bytes += ends[at]! - starts[at]!
    if (bytes > bounds.bytes) return false
  }
  return true
}
