import { parseDuration } from '../base/duration.js'

/** Milliseconds of a duration that has been checked. */
export function resolveDuration (text: string): number {
  const duration = parseDuration(text)
  if (duration === undefined) throw new TypeError(`${JSON.stringify(text)} is not a duration`)
  return duration
}
