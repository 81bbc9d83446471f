import type { TimeSnapshot } from './snapshot.js'

/**
 * Two lists as one: what has the same key is merged.
 * @param rank above 0 = `b` says what there is, below 0 = `a` does, 0 = all that either has.
 */
export function byKey<T> (a: readonly T[], b: readonly T[], rank: number, keyOf: (item: T) => string, merge: (a: T, b: T) => T): readonly T[] {
  const ofB = new Map(b.map(item => [keyOf(item), item]))
  const merged: T[] = []
  for (const item of a) {
    const other = ofB.get(keyOf(item))
    ofB.delete(keyOf(item))
    if (other !== undefined) merged.push(merge(item, other))
    else if (rank <= 0) merged.push(item)
  }
  return rank < 0 ? merged : [...merged, ...ofB.values()]
}

/** Place by place. */
export function addNumbers (a: readonly number[], b: readonly number[]): readonly number[] {
  return Array.from({ length: Math.max(a.length, b.length) }, (_, i) => (a[i] ?? 0) + (b[i] ?? 0))
}

/** Name by name. */
export function addCounts (a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  const sums = new Map(Object.entries(a))
  for (const [name, count] of Object.entries(b)) sums.set(name, (sums.get(name) ?? 0) + count)
  return Object.fromEntries(sums)
}

export function addTimes (a: TimeSnapshot, b: TimeSnapshot): TimeSnapshot {
  return { count: a.count + b.count, sum: a.sum + b.sum, max: Math.max(a.max, b.max) }
}
