const UNITS: Readonly<Record<string, number>> = { b: 1, kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 }

/** What a size looks like, for schemas: `"512b"`, `"64kb"`, `"10mb"`, `"1gb"`. */
export const SIZE_PATTERN = '^[0-9]{1,12}(b|kb|mb|gb)$'
const SIZE = new RegExp(SIZE_PATTERN)

/** Bytes of a size such as `"64kb"` (1 kb = 1,024 bytes); undefined if it is none. */
export function parseSize (text: string): number | undefined {
  if (!SIZE.test(text)) return undefined
  const unit = /[a-z]+$/.exec(text)?.[0] ?? ''
  return Number(text.slice(0, -unit.length)) * (UNITS[unit] ?? Number.NaN)
}
