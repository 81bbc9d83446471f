import { parseSize } from '../base/size.js'

/** Bytes of a size that has been checked. */
export function resolveSize (text: string): number {
  return parseSize(text) ?? Number.NaN
}
