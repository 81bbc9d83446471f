// RFC 9110, sections 5.6.2 and 5.5.
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

/** Where a message ends and what becomes of its connection is the proxy's to say. */
const RESERVED: ReadonlySet<string> = new Set(['connection', 'content-length', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade'])

/** Why something can't be added to a response as fields, names and values in turn; null = it can. */
export function fieldsFault (fields: unknown): string | null {
  if (!Array.isArray(fields) || fields.length % 2 !== 0) return 'its response fields are no list of names and values in turn'
  for (let i = 0; i < fields.length; i += 2) {
    const name: unknown = fields[i]
    const value: unknown = fields[i + 1]
    if (typeof name !== 'string' || !NAME.test(name)) return 'the name of a response field of its own is no field name'
    if (RESERVED.has(name.toLowerCase())) return `it may not add the response field "${name}"`
    if (typeof value !== 'string' || !VALUE.test(value)) return `the value of its response field "${name}" holds what no field may`
  }
  return null
}
