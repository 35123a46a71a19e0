/**
 * Mixes the bits of a 32-bit number so that each depends on all: of the finalisers with two multiplications, the one with
 * the least bias that Wellons found ("hash-prospector", lowbias32). Different numbers stay different. The result is signed.
 */
export function mix32(number: number): number {
  let mixed = number ^ (number >>> 16)
  mixed = Math.imul(mixed, 0x21f0aaad)
  mixed ^= mixed >>> 15
  mixed = Math.imul(mixed, 0x735a2d97)
  return mixed ^ (mixed >>> 15)
}
