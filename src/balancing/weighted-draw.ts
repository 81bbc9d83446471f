import type { Draw } from './draw.js'
import type { PickContext } from './strategy.js'

/** Each place is as likely as its weight says: the weights lie side by side, and a random point in one of them is found by bisection. */
export class WeightedDraw implements Draw {
  /** Where the interval of each place ends; it begins where the one before it ends. */
  readonly #ends: Float64Array

  /** @param weights at least one; all greater than zero. */
  constructor (weights: readonly number[]) {
    this.#ends = new Float64Array(weights.length)
    let sum = 0
    for (const [place, weight] of weights.entries()) this.#ends[place] = sum += weight
  }

  one (context: PickContext): number {
    return this.#at(context.random() * this.#end(this.#ends.length - 1))
  }

  /** The first one's interval is cut out: points behind its beginning are moved past its end. */
  other (first: number, context: PickContext): number {
    const begin = this.#end(first - 1)
    const end = this.#end(first)
    // The sum is split in two, so that behind the last interval there is exactly nothing.
    const point = context.random() * (begin + (this.#end(this.#ends.length - 1) - end))
    return this.#at(point < begin ? point : end + (point - begin))
  }

  #end (place: number): number {
    return this.#ends[place] ?? 0
  }

  /** The first place whose interval ends behind `point`; the last one for a point that rounding has moved to the very end. */
  #at (point: number): number {
    let low = 0
    let high = this.#ends.length - 1
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#end(middle) > point) high = middle
      else low = middle + 1
    }
    return low
  }
}
