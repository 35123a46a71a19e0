import { expect, test } from 'vitest'
import { tellServers } from '../../../src/cli/render/waits.js'

test('an outage is said as it begins and as it ends; a single server that is left alone is not', () => {
  let said = ''
  const tell = tellServers({ err: text => void (said += text) })
  tell({ event: 'endpoint-ejected', url: 'http://a', cause: 'status 503' })
  tell({ event: 'endpoint-refused', url: 'http://b', cause: 'it serves another model' })
  tell({ event: 'outage', cause: 'status 503' })
  tell({ event: 'outage-over', seconds: 75 })
  expect(said.split('\n')).toEqual([
    'http://b: it serves another model',
    'no server answers, waiting: status 503',
    'servers answer again after 1 min 15 s',
    '',
  ])
})
