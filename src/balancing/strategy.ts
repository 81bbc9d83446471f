import type { LoadReport } from './load-report.js'

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
export interface RequestView {
  readonly method: string
  /** The request target as the client sent it: path and query. */
  readonly path: string
  /** The client's address, by `trustProxy`; null if it has none (a Unix socket). */
  readonly clientAddress: string | null
  /** Value of a request field by its lower-case name, several lines of it joined; undefined if there is none. */
  header (name: string): string | undefined
}

/** What a pick may depend on: the request, chance and time. */
export interface PickContext {
  readonly request: RequestView
  /** In [0, 1). */
  random (): number
  /** Milliseconds of a clock that never goes back; the same one that followers are told the time by. */
  now (): number
}

/** What a strategy prepares from the targets that may be chosen now. `pick` does no I/O and never fails. */
export interface Picker<T> {
  pick (context: PickContext): T
  /**
   * What it would compare in this moment, to explain a choice: one score for each candidate, in the order they were given. Lowest wins; null = it
   * has no opinion of that one. It must not change what `pick` does.
   */
  scores? (context: PickContext): ReadonlyArray<number | null>
  /** Does the request belong to one of its candidates? Then their level is chosen, among those that share the traffic, whatever the draw. Default: no. */
  holds? (context: PickContext): boolean
  /** In [0, 1): takes the place of chance when a level is drawn, so that requests with equal ones go to the same level; null = chance. It says nothing of `pick`. */
  lot? (context: PickContext): number | null
}

/** One request on its way, as the follower of its candidate sees it. At most one of its methods is called, once. */
export interface Flight {
  /** The response head has come, or the request has failed. @param failed it failed, or the status is 5xx. */
  answered (at: number, failed: boolean): void
  /** It ended without either: the client has left. */
  abandoned (at: number): void
}

/** What a strategy that learns keeps of one candidate. It is called on the data path: quick, no I/O, never throws. Times are milliseconds. */
export interface Follower {
  /** The candidate has been given a request. */
  began (at: number): Flight
  /** The backend has said how busy it is. */
  reported? (report: LoadReport, at: number): void
}

/** How a pool chooses. One object per pool; it outlives its pickers, so a rotation goes on where it was. */
export interface Strategy {
  /** Called when the eligible targets or their weights change, never per request. */
  prepare<T extends Candidate> (eligible: NonEmpty<T>): Picker<T>
  /**
   * Called for each candidate before it is in any list, and once more if it comes back from another strategy of its pool: what it gives is told of the
   * requests that the candidate has from then on.
   */
  follow? (candidate: Candidate): Follower
  /**
   * Fields that go to the client with a response, names and values in turn; null = none.
   * @param chosen the candidate whose response it is.
   */
  responseFields? (chosen: Candidate, context: PickContext): readonly string[] | null
}

/** A strategy as the config names it: `{ "name": NAME, ...options }`. */
export interface StrategyKind<O = unknown> {
  readonly name: string
  /** JSON Schema of the options beside `name`. */
  readonly schema: object
  /** Has it another strategy beneath? Then its option `strategy` says which: a name or an object, as in a pool. Default false. */
  readonly wraps?: boolean
  /** @param beneath makes the strategy of the option `strategy`. Called at most once; only for kinds that wrap one. */
  create (options: O, beneath?: () => Strategy): Strategy
}
