import { closure, feeds } from '../../runtime/reach.js'
import type { Capabilities } from '../../stages/needs.js'
import type { Node } from '../../stages/node.js'

/** Capabilities behind which inference servers stand. */
const servers: readonly (keyof Capabilities)[] = ['valueModels', 'chosenValueModels', 'policies']

/** Whether records of a node cost calls of inference servers. */
export const asksServers = ({ stage }: Node): boolean => stage.needs.some(need => servers.includes(need))

/**
 * The nodes that stand still where a model is waited for: those that ask servers, those that compare answers with training
 * data, and the folds behind them, which keep their groups open.
 */
export function waitingNodes(nodes: readonly Node[]): ReadonlySet<string> {
  const waiting = nodes.filter(node => asksServers(node) || node.stage.needs.includes('trainingIndexes'))
  const behind = closure(waiting, writer => nodes.filter(reader => feeds(writer, reader)))
  const folds = [...behind].filter(({ stage }) => stage.kind === 'closing')
  return new Set([...waiting, ...folds].map(({ name }) => name))
}
