import { parseSize } from '../base/size.js'

/** Bytes of a size that has been checked. */
export function resolveSize (text: string): number {
  const size = parseSize(text)
  if (size === undefined) throw new TypeError(`${JSON.stringify(text)} is not a size`)
  return size
}
