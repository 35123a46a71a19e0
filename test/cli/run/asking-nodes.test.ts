import { expect, it } from 'vitest'
import { asksServers, waitingNodes } from '../../../src/cli/run/asking-nodes.js'
import { pipeline } from '../../../src/pipeline.js'

it('nodes that cost calls are those whose stages ask models', () => {
  expect(pipeline.filter(asksServers).map(({ name }) => name)).toEqual(['annotate', 'sample', 'score'])
})

it('nodes that stand still without a model are these, and the folds behind them', () => {
  expect([...waitingNodes(pipeline)].sort()).toEqual(
    ['annotate', 'sample', 'score', 'gate', 'seal-scored', 'seal-bootstrap'].sort(),
  )
})
