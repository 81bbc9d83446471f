/** Parts into which each doubling of the value is cut, twice over: a percentile is off by a thousandth at most. */
const PARTS = 1024
const BITS = 10
/** Units, which are microseconds, in a millisecond. */
const UNITS = 1000
/** What is longer, 35 minutes, is counted as that. */
const LONGEST = 2 ** 31 - 1

/** Counts times in buckets that widen with the value, so that any number of them takes little room. Source: Gil Tene's HdrHistogram. */
export class Histogram {
  readonly #counts = new Float64Array(bucketOf(LONGEST) + 1)
  #count = 0
  #sum = 0
  #max = 0

  get count (): number { return this.#count }
  /** Milliseconds; NaN if nothing was recorded. */
  get mean (): number { return this.#count === 0 ? Number.NaN : this.#sum / this.#count }
  /** Milliseconds; NaN if nothing was recorded. */
  get max (): number { return this.#count === 0 ? Number.NaN : this.#max }

  /** @param time milliseconds, zero or more. */
  record (time: number): void {
    const bucket = bucketOf(Math.min(LONGEST, Math.floor(time * UNITS)))
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1
    this.#count++
    this.#sum += time
    if (time > this.#max) this.#max = time
  }

  /** The time below which `percent` of those recorded lie (nearest rank), in milliseconds; NaN if nothing was recorded. */
  percentile (percent: number): number {
    if (this.#count === 0) return Number.NaN
    let left = Math.max(1, Math.ceil(this.#count * percent / 100))
    for (let bucket = 0; bucket < this.#counts.length; bucket++) {
      left -= this.#counts[bucket] ?? 0
      if (left <= 0) return Math.min(this.#max, middleOf(bucket))
    }
    return this.#max
  }
}

/** Below `PARTS` units each has a bucket of its own; of each doubling above, half as many parts are left: the rest is the doubling below. */
function bucketOf (units: number): number {
  if (units < PARTS) return units
  const doubling = 32 - BITS - Math.clz32(units)
  return doubling * (PARTS / 2) + (units >>> doubling)
}

function middleOf (bucket: number): number {
  if (bucket < PARTS) return (bucket + 0.5) / UNITS
  const doubling = Math.floor(bucket / (PARTS / 2)) - 1
  return (bucket - doubling * (PARTS / 2) + 0.5) * 2 ** doubling / UNITS
}
