import type { Node } from '../stages/node.js'

/** Whether a node writes what another reads. */
export const feeds = (writer: Node, reader: Node): boolean =>
  Object.values(writer.to).some(({ name }) => name === reader.from.name)

/** These nodes, those next to them, and so on. */
export function closure(nodes: Iterable<Node>, next: (node: Node) => readonly Node[]): ReadonlySet<Node> {
  const found = new Set(nodes)
  // A set gives what is added while it is gone through as well.
  for (const node of found) for (const one of next(node)) found.add(one)
  return found
}
