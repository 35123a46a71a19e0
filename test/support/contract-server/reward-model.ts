/**
 * A reward model that can be computed by hand: of a text whose UTF-8 bytes sum up to s, output i (from 0) is
 * ((s + 7 i) mod 48) / 8 − 0.75. The floats go from −0.75 to 5.125, beyond both ends of a scale from 0 to 4, and every
 * fourth lies halfway between two integers.
 */
export function rewardsOf(text: string, outputs: number): readonly number[] {
  const sum = Buffer.from(text, 'utf8').reduce((total, byte) => total + byte, 0)
  return Array.from({ length: outputs }, (_, index) => ((sum + 7 * index) % 48) / 8 - 0.75)
}
