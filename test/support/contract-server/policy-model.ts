import type { ValueModel } from './value-model.js'

const words =
  'the a one this that good clear long short plain answer word says shows helps gives has more and so'.split(' ')

function hash(text: string): number {
  let value = 0x811c9dc5
  for (const byte of Buffer.from(text, 'utf8')) value = Math.imul(value ^ byte, 0x01000193) >>> 0
  return value
}

/**
 * A SteerLM model that can be computed by hand: behind a prompt that ends with an attribute line it writes three words and
 * two more for each point of quality, drawn by a hash of prompt and seed, and then begins the next turn.
 */
export function policyModel(seed: number | null): ValueModel {
  return {
    next: text => {
      const found = [...text.matchAll(/[>\x12](quality:(\d)[^\n]*)\n/g)].at(-1)
      if (!found) return '\n<extra_id_1>'
      const prompt = text.slice(0, found.index + found[0].length)
      const written = text.slice(prompt.length).split(' ').filter(Boolean).length
      if (written >= 3 + 2 * Number(found[2])) return text.includes('\x12') ? '\n\x11' : '\n<extra_id_1>'
      const word = words[hash(`${seed} ${written} ${prompt}`) % words.length]!
      return written === 0 ? word : ` ${word}`
    },
  }
}
