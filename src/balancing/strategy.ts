/** A list with at least one element. */
export type NonEmpty<T> = readonly [T, ...T[]]

/** What a strategy may know of a target. `inflight` moves while a picker is in use; the rest does not. */
export interface Candidate {
  readonly id: string
  /** Share of the traffic relative to the others; greater than zero. */
  readonly weight: number
  /** Requests under way now. */
  readonly inflight: number
}

/** What a strategy may know of a request. */
export interface PickContext {
  /** What a hashing strategy hashes; empty if the pool has no key. */
  readonly key: string
  /** In [0, 1). */
  random (): number
}

/** What a strategy prepares from the targets that may be chosen now. `pick` does no I/O and never fails. */
export interface Picker<T> {
  pick (context: PickContext): T
}

/** How a pool chooses. One object per pool; it outlives its pickers, so a rotation goes on where it was. */
export interface Strategy {
  /** Called when the eligible targets or their weights change, never per request. */
  prepare<T extends Candidate> (eligible: NonEmpty<T>): Picker<T>
}

/** A strategy as the config names it: `{ "name": NAME, ...options }`. */
export interface StrategyKind<O = unknown> {
  readonly name: string
  /** JSON Schema of the options beside `name`. */
  readonly schema: object
  create (options: O): Strategy
}
