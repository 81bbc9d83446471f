/** The value below which `percent` of a sorted list lies (nearest rank); NaN for an empty list. */
export function percentile (sorted: readonly number[], percent: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * percent / 100) - 1)] ?? Number.NaN
}

/** The middle of a list, sorted or not; NaN for an empty one. */
export function median (values: readonly number[]): number {
  return percentile([...values].sort((a, b) => a - b), 50)
}

/** What part of the whole each name has, in percent, in the order of `names`; all zero if there is nothing to share. */
export function shares (counts: ReadonlyMap<string, number>, names: readonly string[]): number[] {
  const numbers = names.map(name => counts.get(name) ?? 0)
  const total = numbers.reduce((sum, number) => sum + number, 0)
  return numbers.map(number => total === 0 ? 0 : number * 100 / total)
}
