import fc from 'fast-check'
import { expect, it } from 'vitest'
import { fitsPieces } from '../../src/domain/pieces.js'

it.each([
  [['a', 'b'], 'ab', 0, true],
  [['a', 'b'], 'ab', 1, false],
  [['a', 'b'], 'axb', 1, true],
  [['', '', ''], 'x', 1, false],
  [['', '', ''], 'xy', 1, true],
  [['model-', '.safetensors'], 'model-.safetensor', 0, false],
])('%j in %j, %i between: %s', (pieces, text, between, fits) => expect(fitsPieces(pieces, text, between)).toBe(fits))

it('fits what an expression with dots between the pieces fits', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 8 })
  const piece = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 2 })
  fc.assert(
    fc.property(
      fc.array(piece, { minLength: 1, maxLength: 4 }),
      text,
      fc.constantFrom(0, 1),
      (pieces, given, between) => {
        const expression = new RegExp(`^${pieces.join(between === 0 ? '.*' : '.+')}$`)
        expect(fitsPieces(pieces, given, between)).toBe(expression.test(given))
      },
    ),
    { numRuns: 2_000 },
  )
})
