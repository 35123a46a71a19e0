import { readFileSync } from 'node:fs'

// Rules of this house that no linter brings along; .oxlintrc.json says where each holds.

/** A rule that reports nodes of one kind which fulfil something. */
const rule = (kind, message, isWrong) => ({
  create: context => ({
    [kind](node) {
      for (const at of [isWrong(node)].flat()) if (at) context.report({ node: at === true ? node : at, message })
    },
  }),
})

const isNamed = (node, ...names) => node?.type === 'Identifier' && names.includes(node.name)

/** What the data folder is called, as a variable and as a property. */
const isDataFolder = node =>
  isNamed(node, 'root', 'dataDir', 'dataPath') ||
  (node?.type === 'MemberExpression' && isNamed(node.property, 'root', 'dataDir', 'dataPath'))

// Written by `npm run generate`.
const flow = JSON.parse(readFileSync(new URL('flow-names.json', import.meta.url), 'utf8'))
const [nodes, topics] = [new Set(flow.nodes), new Set(flow.topics)]

/** Whether a literal names a node or a topic; words that commands and keys have too only where a node's name is compared. */
function isFlowName({ value, parent }) {
  if (typeof value !== 'string' || (parent.type === 'Property' && isNamed(parent.key, 'name'))) return false
  if (topics.has(value)) return value.includes('.')
  if (!nodes.has(value)) return false
  if (value.includes('-')) return true
  if (parent.type !== 'BinaryExpression') return false
  const other = parent.left.value === value ? parent.right : parent.left
  return (
    isNamed(other, 'node', 'stage') || (other.type === 'MemberExpression' && isNamed(other.property, 'node', 'stage'))
  )
}

export default {
  meta: { name: 'steerflow' },
  rules: {
    'no-leaking-race': rule(
      'MemberExpression',
      'Promise.race leaves something on a promise that stays pending: race() of runtime/concurrency',
      ({ object, property }) => isNamed(object, 'Promise') && isNamed(property, 'race'),
    ),
    'no-clock': rule(
      'NewExpression',
      'domain and stages know no clock',
      ({ callee, arguments: given }) => isNamed(callee, 'Date') && given.length === 0,
    ),
    'no-flow-name': rule(
      'Literal',
      'the names of nodes and topics stand in pipeline.ts and topics.ts: take them from the flow, a stage or a topic',
      isFlowName,
    ),
    'no-path-from-data': rule(
      'CallExpression',
      'a path from data leads out of the folder if it says so: below() or solidBelow() of adapters/storage',
      ({ callee, arguments: [folder, ...parts] }) =>
        isNamed(callee, 'join', 'resolve') && isDataFolder(folder) && parts.filter(part => part.type !== 'Literal'),
    ),
  },
}
