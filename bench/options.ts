import { InvalidArgumentError } from 'commander'
import { parseDuration } from '../src/base/duration.js'

/** Reads `a,b` or `all`, for commander; keeps the order of `known`. */
export function listOf (known: readonly string[]): (text: string) => string[] {
  return text => {
    if (text === 'all') return [...known]
    const wanted = text.split(',').map(name => name.trim())
    const unknown = wanted.filter(name => !known.includes(name))
    if (unknown.length > 0) throw new InvalidArgumentError(`${unknown.join(', ')}: not one of ${known.join(', ')}`)
    return known.filter(name => wanted.includes(name))
  }
}

/** Reads a duration such as `5s` as whole seconds, at least one. */
export function seconds (text: string): number {
  const milliseconds = parseDuration(text)
  if (milliseconds === undefined || milliseconds < 1000) throw new InvalidArgumentError('expected a duration of 1s or more, such as 5s or 2m')
  return Math.round(milliseconds / 1000)
}

/** Reads a whole number, at least one. */
export function count (text: string): number {
  if (!/^[1-9][0-9]{0,5}$/.test(text)) throw new InvalidArgumentError('expected a whole number from 1 up')
  return Number(text)
}
