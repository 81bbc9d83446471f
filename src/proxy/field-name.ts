import { isResponseDropped, readAs, requestField, type RequestField } from './header-names.js'

/** What is to be known of a field name as somebody spelt it. */
export interface FieldName {
  readonly lower: string
  /** What a lax backend may take it for: see `readAs`. */
  readonly read: string
  /** How it is treated in a request. */
  readonly inRequest: RequestField
  /** Does it stay behind in a response? */
  readonly droppedFromResponse: boolean
}

/** The same few spellings come all day. The bounds are for clients that invent names: 2,048 of 64 characters are 200 kB or so. */
const MOST = 2048
const LONGEST = 64
const known = new Map<string, FieldName>()

/** Classifies a field name; one look-up for a spelling that has come before. */
export function fieldName (name: string): FieldName {
  return known.get(name) ?? learn(name)
}

function learn (name: string): FieldName {
  // A copy: the name may be a slice that would keep all of its message's head in memory.
  const own = Buffer.from(name, 'latin1').toString('latin1')
  const lower = own.toLowerCase()
  const field = { lower, read: readAs(lower), inRequest: requestField(lower), droppedFromResponse: isResponseDropped(lower) }
  if (name.length <= LONGEST) {
    if (known.size >= MOST) known.clear()
    known.set(own, field)
  }
  return field
}
