import { SteerflowError } from '../domain/errors.js'
import type { Flow } from '../flow.js'
import type { Node } from '../stages/node.js'

/** The node that an option names. @throws STEERFLOW_USAGE with the known names */
export function nodeNamed(flow: Flow, name: string, option: string): Node {
  const node = flow.node(name)
  if (node) return node
  const known = flow.nodes.map(one => one.name).join(', ')
  throw new SteerflowError('STEERFLOW_USAGE', `${option}: no node is called ${name}; known: ${known}`)
}
