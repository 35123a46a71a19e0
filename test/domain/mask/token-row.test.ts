import { describe, expect, it } from 'vitest'
import { tokenRow } from '../../../src/domain/mask/token-row.js'

const mask = { ids: [5, 6, 7, 8], learnt: [false, true, false, true] }

describe('tokenRow', () => {
  it('has a label at each token: its own id where it is learnt', () => {
    expect(tokenRow(mask, 4)).toEqual({
      text: '{"input_ids":[5,6,7,8],"labels":[-100,6,-100,8]}',
      tokens: 4,
      learnt: 2,
      cut: false,
    })
  })

  it('is cut at the longest length', () => {
    expect(tokenRow(mask, 2)).toEqual({
      text: '{"input_ids":[5,6],"labels":[-100,6]}',
      tokens: 2,
      learnt: 1,
      cut: true,
    })
  })

  it('is none where nothing is learnt within that length', () => {
    expect(tokenRow(mask, 1)).toEqual({ text: null, tokens: 1, learnt: 0, cut: true })
  })
})
