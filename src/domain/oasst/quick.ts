import { ByteMap, byteNames } from '../json/byte-map.js'
import { ByteScanner, giveUp, openObject, openList, Unusual } from '../json/byte-scanner.js'
import { roundHalfEven } from '../label-line.js'
import type { Recipe } from './recipe.js'
import { labelLine, addLanguage, type Draft } from './turn.js'
import type { FanoutBounds } from '../fanout.js'
import { type SpelledTree, turnHead, turnTail } from './spelled.js'

/** Makes a function that reads human labels, as in OpenAssistant's exports, into a label line. */
export function quickLabel(scanner: ByteScanner, { set }: Recipe): () => string {
  const attributes = new ByteMap(set.attributes.map(({ key }, index) => [key, index] as const))
  const points: (number | undefined)[] = set.attributes.map(() => undefined)
  return () => {
    points.fill(undefined)
    if (scanner.enter(openObject)) {
      do {
        const index = scanner.key(attributes)
        if (index === undefined) scanner.skip()
        else points[index] = points[index] === undefined ? rating(scanner) : giveUp()
      } while (scanner.more(openObject))
    }
    return labelLine(set, index => points[index])
  }
}

const ratingKeys = byteNames('value')

/** The points of `{"value": number, …}`. */
function rating(scanner: ByteScanner): number {
  let points: number | undefined
  if (scanner.enter(openObject)) {
    do {
      if (scanner.key(ratingKeys) === undefined) scanner.skip()
      else {
        if (points !== undefined) giveUp()
        scanner.number()
        points = fourTimes(scanner)
      }
    } while (scanner.more(openObject))
  }
  return points ?? giveUp()
}

/** Ratings of this many points or more are unusual and left to `readTree`. */
const most = 1000

/** Python's `round(value * 4)` of the number just read. */
function fourTimes(scanner: ByteScanner): number {
  const { bytes, start, stop } = scanner
  let digits = 0
  let scale = 0
  for (let at = start; at < stop; at++) {
    const digit = bytes[at]! - 48
    if (digit >= 0 && digit <= 9) {
      digits = digits * 10 + digit
      scale *= 10
    } else if (bytes[at] === 46) scale = 1
    else return exactly(scanner)
  }
  // Off by at most a few units in the last place: good enough, unless it is about halfway between two integers.
  const near = (digits * 4) / (scale || 1)
  const points = Math.round(near)
  return points < most && Math.abs(near - points) < 0.499 ? points : exactly(scanner)
}

function exactly(scanner: ByteScanner): number {
  const points = roundHalfEven(Number(scanner.text()) * 4)
  return Math.abs(points) < most ? points : giveUp()
}

const recordKeys = byteNames('message_tree_id', 'prompt')
const messageKeys = byteNames('text', 'role', 'replies', 'labels', 'lang', 'prompt')
const roles = byteNames('prompter', 'assistant')

/**
 * Makes a function that writes the turns of a message tree straight from its JSON, in valid UTF-8: texts are copied in
 * their spelling, and parts that no conversation needs are only checked to be JSON. It returns false for anything that is
 * not as in OpenAssistant's exports, good or bad; `readTree` handles that.
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

/** A string literal in the original's spelling, without its quotes. */
function respelled(literal: string): string {
  const text = JSON.parse(literal) as string
  return text.isWellFormed() ? JSON.stringify(text).slice(1, -1) : giveUp()
}

/** Whether the tree is certainly within bounds: its written turns have more bytes than are counted. */
function withinBounds({ leaves, parents, starts, ends }: SpelledTree, bounds: FanoutBounds): boolean {
  if (leaves.length > bounds.paths) return false
  let bytes = 0
  for (const leaf of leaves) {
    for (let at = leaf; at !== -1; at = parents[at]!) bytes += ends[at]! - starts[at]!
    if (bytes > bounds.bytes) return false
  }
  return true
}
