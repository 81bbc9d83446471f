const LONGEST = 60

/** A wrong value, short enough for a message: `"foo"`, `5`, `a list`, `nothing`. */
export function got (value: unknown): string {
  switch (typeof value) {
    case 'string': return JSON.stringify(value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value)
    case 'undefined': return 'nothing'
    case 'function': return 'a function'
    case 'object': return value === null ? 'null' : Array.isArray(value) ? 'a list' : 'an object'
    default: return String(value)
  }
}
