import type { RawHeaders } from '../transport/transport.js'

/**
 * The value of a field, several lines of it joined by a comma; undefined if there is none. For one field of a message this is
 * cheaper than having Node make an object of all of them.
 * @param name in lower case.
 * @param between what joins several lines.
 */
export function fieldValue (raw: RawHeaders, name: string, between = ', '): string | undefined {
  const { length } = name
  let value: string | undefined
  for (let i = 0; i < raw.length; i += 2) {
    const candidate = raw[i] ?? ''
    if (candidate.length !== length || candidate.toLowerCase() !== name) continue
    const line = raw[i + 1] ?? ''
    value = value === undefined ? line : value + between + line
  }
  return value
}
