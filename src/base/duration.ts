const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** What a duration looks like, for schemas: `"250ms"`, `"1.5s"`, `"5m"`, `"1h"`, `"2d"`. */
export const DURATION_PATTERN = '^[0-9]{1,9}(\\.[0-9]{1,3})?(ms|s|m|h|d)$'
const DURATION = new RegExp(DURATION_PATTERN)
/** Node's timers hold 31 bits of milliseconds. */
const LONGEST = 2 ** 31 - 1

/** Milliseconds of a duration such as `"250ms"`; undefined if it is none, or longer than 24 days. */
export function parseDuration (text: string): number | undefined {
  if (!DURATION.test(text)) return undefined
  const unit = /[a-z]+$/.exec(text)?.[0] ?? ''
  const milliseconds = Number(text.slice(0, -unit.length)) * (UNITS[unit] ?? Number.NaN)
  return milliseconds <= LONGEST ? milliseconds : undefined
}
