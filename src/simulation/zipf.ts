import type { Random } from '../base/random.js'

/**
 * Draws numbers from 0 to `count` - 1 by Zipf's law: the one at place k is as likely as 1 / (k + 1) ** skew. Looks the drawn number up in the
 * sums of all probabilities: exact for every skew, eight bytes for each number.
 */
export function zipf (count: number, skew: number, random: Random): () => number {
  const sums = new Float64Array(count)
  let sum = 0
  for (let place = 0; place < count; place++) {
    sum += (place + 1) ** -skew
    sums[place] = sum
  }
  return () => {
    const drawn = random() * sum
    let low = 0
    let high = count - 1
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((sums[middle] ?? sum) > drawn) high = middle
      else low = middle + 1
    }
    return low
  }
}
