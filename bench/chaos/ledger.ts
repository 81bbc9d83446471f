/** A request that arrived at a backend in full. */
export interface Entry {
  /** Milliseconds since the epoch. */
  readonly at: number
  /** Counted from 1. */
  readonly backend: number
  readonly method: string
  readonly id: string
}

/** Reads what a backend wrote down. A line that SIGKILL cut short is left out. */
export function parseLedger (backend: number, text: string): Entry[] {
  return text.split('\n').slice(0, -1).map(line => {
    const [at = '', method = '', id = ''] = line.split(' ')
    return { at: Number(at), backend, method, id }
  })
}

/** Requests, by id, that must not be repeated and arrived more than once. */
export function duplicates (entries: readonly Entry[]): string[] {
  const seen = new Set<string>()
  const twice = new Set<string>()
  for (const { id, method } of entries) {
    if (method !== 'POST') continue
    if (seen.has(id)) twice.add(id)
    seen.add(id)
  }
  return [...twice]
}
