/** A place in a document: keys and indexes from the root. */
export type Place = ReadonlyArray<string | number>

const PLAIN_KEY = /^[A-Za-z_$][A-Za-z0-9_$-]*$/

/** A place as people write it: `pools.api.targets[2].url`, `pools["a.b"]`; '' is the root. */
export function placeText (place: Place): string {
  let text = ''
  for (const step of place) {
    if (typeof step === 'number') text += `[${step}]`
    else if (PLAIN_KEY.test(step)) text += text === '' ? step : `.${step}`
    else text += `[${JSON.stringify(step)}]`
  }
  return text
}

/** Reads a JSON pointer (RFC 6901); `root` tells keys from indexes. */
export function placeOf (pointer: string, root: unknown): Place {
  const place: Array<string | number> = []
  let value = root
  for (const escaped of pointer.split('/').slice(1)) {
    const key = escaped.replace(/~1/g, '/').replace(/~0/g, '~')
    place.push(Array.isArray(value) ? Number(key) : key)
    value = child(value, key)
  }
  return place
}

/** What lies at a place; undefined if nothing does. */
export function valueAt (root: unknown, place: Place): unknown {
  return place.reduce<unknown>((value, step) => child(value, step), root)
}

/** Puts a value where there is one already. */
export function replaceAt (root: unknown, place: Place, value: unknown): void {
  const parent = valueAt(root, place.slice(0, -1))
  const last = place.at(-1)
  if (Array.isArray(parent) && typeof last === 'number') parent[last] = value
  else if (isRecord(parent) && typeof last === 'string') parent[last] = value
}

export function isRecord (value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The elements of a list; none if it is something else. */
export function elements (value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** The own keys and values of an object; none if it is something else. */
export function entries (value: unknown): ReadonlyArray<[string, unknown]> {
  return isRecord(value) ? Object.entries(value) : []
}

function child (value: unknown, step: string | number): unknown {
  if (Array.isArray(value)) return value[Number(step)]
  return isRecord(value) && Object.hasOwn(value, step) ? value[step] : undefined
}
