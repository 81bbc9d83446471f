import type { Random } from '../base/random.js'

/** How long to wait between attempts, in milliseconds. */
export interface BackOffRules {
  /** Longest wait before the first retry; doubles with each further one. */
  readonly base: number
  /** Longest wait of all. */
  readonly max: number
}

/** Beyond this the doubled base is above any duration a config can hold. */
const MOST_DOUBLINGS = 50

const DELTA_SECONDS = /^[0-9]+$/
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const MONTH = MONTHS.join('|')
const TIME = '(?<hour>[01][0-9]|2[0-3]):(?<minute>[0-5][0-9]):(?<second>[0-5][0-9]|60)'
const DAY = 'Mon|Tue|Wed|Thu|Fri|Sat|Sun'
const LONG_DAY = 'Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday'
/** The three forms of RFC 9110, section 5.6.7: IMF-fixdate, RFC 850, asctime. */
const HTTP_DATES = [
  new RegExp(`^(?:${DAY}), (?<day>[0-9]{2}) (?<month>${MONTH}) (?<year>[0-9]{4}) ${TIME} GMT$`),
  new RegExp(`^(?:${LONG_DAY}), (?<day>[0-9]{2})-(?<month>${MONTH})-(?<year>[0-9]{2}) ${TIME} GMT$`),
  new RegExp(`^(?:${DAY}) (?<month>${MONTH}) (?<day>[ 0-9][0-9]) ${TIME} (?<year>[0-9]{4})$`)
]
/** Milliseconds of a mean Gregorian year. */
const YEAR = 365.2425 * 86_400_000

/**
 * Milliseconds to wait before a retry (1 = the first), drawn evenly between none and the exponential bound, so that clients
 * that failed together do not come back together. Source: "full jitter" in "Exponential Backoff And Jitter", AWS
 * Architecture Blog, 2015.
 */
export function backOff (retry: number, { base, max }: BackOffRules, random: Random): number {
  return random() * Math.min(max, base * 2 ** Math.min(retry - 1, MOST_DOUBLINGS))
}

/**
 * Milliseconds that a `Retry-After` field asks to wait (RFC 9110, section 10.2.3: seconds or a date), 0 for a date gone by;
 * null if there is none or it is neither. Not bounded: what is too long to wait for is the caller's to say.
 */
export function retryAfter (value: string | undefined, nowEpochMs: number): number | null {
  if (value === undefined) return null
  if (DELTA_SECONDS.test(value)) return Math.min(Number(value) * 1000, Number.MAX_SAFE_INTEGER)
  const date = parseHttpDate(value, nowEpochMs)
  return date === null ? null : Math.max(0, date - nowEpochMs)
}

/** Milliseconds since 1970. That the day of the week is the right one is not checked. */
function parseHttpDate (text: string, nowEpochMs: number): number | null {
  for (const form of HTTP_DATES) {
    const parts = form.exec(text)?.groups
    if (parts === undefined) continue
    const part = (name: string): number => Number(parts[name])
    const month = MONTHS.indexOf(parts['month'] ?? '')
    const year = parts['year']?.length === 2 ? fullYear(part('year'), nowEpochMs) : part('year')
    const day = part('day')
    // Date.UTC takes 31 February for 3 March.
    if (day < 1 || Date.UTC(year, month, day) >= Date.UTC(year, month + 1, 1)) return null
    return Date.UTC(year, month, day, part('hour'), part('minute'), part('second'))
  }
  return null
}

/** RFC 9110, section 5.6.7: the latest year with these last digits that is not more than 50 years ahead. */
function fullYear (twoDigits: number, nowEpochMs: number): number {
  const latest = 1970 + Math.floor(nowEpochMs / YEAR) + 50
  return latest - (latest - twoDigits) % 100
}
