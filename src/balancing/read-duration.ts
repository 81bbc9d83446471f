import { parseDuration } from '../base/duration.js'

/** Milliseconds of an option. @throws TypeError if it is no duration. */
export function readDuration (text: string): number {
  const duration = parseDuration(text)
  if (duration === undefined) throw new TypeError(`${JSON.stringify(text)} is not a duration`)
  return duration
}
