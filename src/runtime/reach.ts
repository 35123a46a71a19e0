import type { Node } from '../stages/node.js'

/** Whether a node writes the input of another. */
export const feeds = (writer: Node, reader: Node): boolean =>
  Object.values(writer.to).some(({ name }) => name === reader.from.name)

/** These nodes, their neighbours by `next`, the neighbours of those, and so on. */
export function closure(nodes: Iterable<Node>, next: (node: Node) => readonly Node[]): ReadonlySet<Node> {
  const found = new Set(nodes)
  // Iterating over a set also visits elements that are added meanwhile.
  for (const node of found) for (const one of next(node)) found.add(one)
  return found
}
