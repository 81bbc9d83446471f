/** What a request made a parser expect, what came, and whether the target closed the connection behind it. */
export interface Sample {
  readonly bytes: Buffer
  readonly method: string
  readonly upgrade: boolean
  readonly close: boolean
}

/**
 * - `complete`: the response is there
 * - `upgraded`: a 101; its fields are in `trailers`
 * - `partial`: more has to come
 * - `refused`: see `reason`
 */
export type Outcome = 'complete' | 'upgraded' | 'partial' | 'refused'

/** What one of the two parsers makes of a sample, in words that fit both. */
export interface Reading {
  readonly outcome: Outcome
  readonly reason: string
  readonly informational: ReadonlyArray<{ readonly status: number, readonly headers: readonly string[] }>
  readonly status: number
  readonly headers: readonly string[]
  readonly body: string
  readonly trailers: readonly string[]
  readonly persistent: boolean
  /** Bytes after the response. */
  readonly rest: string
}

/** Do two readings say the same about a response? Those of a refused one need not: what came before the fault is for nobody. */
export function sameReading (a: Reading, b: Reading): boolean {
  return a.outcome === b.outcome && a.status === b.status && a.body === b.body && a.persistent === b.persistent && a.rest === b.rest &&
    sameFields(a.headers, b.headers) && sameFields(a.trailers, b.trailers) &&
    a.informational.length === b.informational.length &&
    a.informational.every(({ status, headers }, i) => status === b.informational[i]?.status && sameFields(headers, b.informational[i].headers))
}

function sameFields (a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, i) => text === b[i])
}
