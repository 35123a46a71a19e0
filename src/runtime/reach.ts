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

/** The nodes through which records pass on their way to a topic, in the order of the flow. */
export function upstream(nodes: readonly Node[], topic: string): readonly Node[] {
  const writers = nodes.filter(({ to }) => Object.values(to).some(({ name }) => name === topic))
  const found = closure(writers, reader => nodes.filter(writer => feeds(writer, reader)))
  return nodes.filter(node => found.has(node))
}
