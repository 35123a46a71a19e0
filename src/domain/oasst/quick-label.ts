import { ByteMap, byteNames } from '../json/byte-map.js'
import { type ByteScanner, giveUp, openObject } from '../json/byte-scanner.js'
import { roundHalfEven } from '../label-line.js'
import { type Recipe } from './recipe.js'
import { labelLine } from './turn.js'

/** Makes the function that reads people's labels, as OpenAssistant's exports have them, into a label line. */
export function quickLabel(scanner: ByteScanner, { set }: Recipe): () => string {
  const attributes = new ByteMap(set.attributes.map(({ key }, index) => [key, index] as const))
  const points: (number | undefined)[] = set.attributes.map(() => undefined)
  return () => {
    points.fill(undefined)
    if (scanner.enter(openObject)) {
      do {
        const index = scanner.key(attributes)
        if (index === undefined) scanner.skip()
        else points[index] = points[index] === undefined ? rating(scanner) : giveUp()
      } while (scanner.more(openObject))
    }
    return labelLine(set, index => points[index])
  }
}

const ratingKeys = byteNames('value')

/** The points of `{"value": number, …}`. */
function rating(scanner: ByteScanner): number {
  let points: number | undefined
  if (scanner.enter(openObject)) {
    do {
      if (scanner.key(ratingKeys) === undefined) scanner.skip()
      else {
        if (points !== undefined) giveUp()
        scanner.number()
        points = fourTimes(scanner)
      }
    } while (scanner.more(openObject))
  }
  return points ?? giveUp()
}

/** More points than that are not usual. */
const most = 1000

/** Python's `round(value * 4)` of the number that was read. */
function fourTimes(scanner: ByteScanner): number {
  const { bytes, start, stop } = scanner
  let digits = 0
  let scale = 0
  for (let at = start; at < stop; at++) {
    const digit = bytes[at]! - 48
    if (digit >= 0 && digit <= 9) {
      digits = digits * 10 + digit
      scale *= 10
    } else if (bytes[at] === 46) scale = 1
    else return exactly(scanner)
  }
  // Off by a few units in the last place at most: enough, unless it lies about halfway between two.
  const near = (digits * 4) / (scale || 1)
  const points = Math.round(near)
  return points < most && Math.abs(near - points) < 0.499 ? points : exactly(scanner)
}

function exactly(scanner: ByteScanner): number {
  const points = roundHalfEven(Number(scanner.text()) * 4)
  return Math.abs(points) < most ? points : giveUp()
}
