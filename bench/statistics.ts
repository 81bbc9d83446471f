/** The value below which `percent` of a sorted list lies (nearest rank); NaN for an empty list. */
export function percentile (sorted: readonly number[], percent: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * percent / 100) - 1)] ?? Number.NaN
}

/** The middle of a list, sorted or not; NaN for an empty one. */
export function median (values: readonly number[]): number {
  return percentile([...values].sort((a, b) => a - b), 50)
}

/** What several measurements of one thing say: their middle (of an even number, half-way between the two in the middle) and the outermost ones; all NaN if there is none. */
export interface Figure {
  readonly middle: number
  readonly low: number
  readonly high: number
  /** How many there are. */
  readonly count: number
}

/** Puts measurements of one thing together. */
export function figure (values: readonly number[]): Figure {
  const known = values.filter(value => !Number.isNaN(value)).sort((a, b) => a - b)
  const at = (index: number): number => known[index] ?? Number.NaN
  const { length } = known
  return { middle: (at(Math.floor((length - 1) / 2)) + at(Math.floor(length / 2))) / 2, low: at(0), high: at(length - 1), count: length }
}

/** Half the distance between the outermost measurements: what stands behind a `±`. */
export function spread ({ low, high }: Figure): number {
  return (high - low) / 2
}

/** What part of the whole each count is, in percent; all zero if there is nothing to share. */
export function shares (counts: readonly number[]): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0)
  return counts.map(count => total === 0 ? 0 : count * 100 / total)
}
