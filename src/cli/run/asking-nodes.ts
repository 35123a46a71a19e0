import { closure, feeds } from '../../runtime/reach.js'
import type { Capabilities } from '../../stages/needs.js'
import type { Node } from '../../stages/node.js'

/** Capabilities that call inference servers. */
const servers: readonly (keyof Capabilities)[] = ['valueModels', 'chosenValueModels', 'policies']

/** True if records of a node cost calls of inference servers. */
export const asksServers = ({ stage }: Node): boolean => stage.needs.some(need => servers.includes(need))

/**
 * The nodes that stop while a model is awaited: those that call servers, those that compare answers with training data, and
 * the folds after them, whose groups stay open.
 */
export function waitingNodes(nodes: readonly Node[]): ReadonlySet<string> {
  const waiting = nodes.filter(node => asksServers(node) || node.stage.needs.includes('trainingIndexes'))
  const behind = closure(waiting, writer => nodes.filter(reader => feeds(writer, reader)))
  const folds = [...behind].filter(({ stage }) => stage.kind === 'closing')
  return new Set([...waiting, ...folds].map(({ name }) => name))
}
