/** The segments that a server may see in a raw path, and what it is: one of the readings that are about. */
export interface Reading {
  readonly name: string
  /** The path with its dot segments resolved, or null if it climbs above `floor` segments. */
  resolve (raw: string, floor: number): string | null
}

interface Habits {
  readonly separator: RegExp
  readonly merge: boolean
  readonly encodedDots: boolean
  readonly parameters: boolean
  readonly resolves: boolean
}

/** Every mixture of habits: what separates segments, whether empty ones count, whether `%2e` is a dot, whether `..;x` is `..`. */
export const readings: readonly Reading[] = [/\//, /[/\\]/, /\/|%2f/i, /[/\\]|%2f|%5c/i].flatMap(separator =>
  [false, true].flatMap(merge => [false, true].flatMap(encodedDots => [false, true].flatMap(parameters => [false, true].map(resolves => {
    const habits = { separator, merge, encodedDots, parameters, resolves }
    return { name: JSON.stringify({ ...habits, separator: separator.source }), resolve: (raw: string, floor: number) => resolve(raw, floor, habits) }
  })))))

function resolve (raw: string, floor: number, habits: Habits): string | null {
  const path = raw.split('?')[0] ?? ''
  const kept: string[] = []
  for (const segment of path.split(habits.separator).slice(1)) {
    const plain = habits.encodedDots ? segment.replace(/%2e/gi, '.') : segment
    const name = habits.parameters ? plain.replace(/(?:;|%3b).*/i, '') : plain
    if (habits.merge && segment === '') continue
    if (habits.resolves && name === '..') {
      if (kept.length <= floor) return null
      kept.pop()
    } else if (!habits.resolves || name !== '.') {
      kept.push(segment)
    }
  }
  return `/${kept.join('/')}`
}
