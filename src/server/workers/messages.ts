import type { Snapshot } from '../../admin/snapshot.js'
import type { LoadReport } from '../../balancing/load-report.js'
import type { ConfigFault } from '../../base/errors.js'
import type { Config } from '../../config/config.js'

/** What the health check makes of a target. */
export interface TargetVerdict {
  readonly pool: string
  /** Its origin. */
  readonly target: string
  readonly up: boolean
}

/** What a worker is asked; each question is answered once, by its `id`. All messages are plain data: they go through JSON. */
export type Question =
  /** Begin to serve. The config holds this worker's share of all limits that are split, and what admins have changed by hand. */
  | { readonly type: 'start', readonly number: number, readonly config: Config, readonly counted: boolean, readonly verdicts: readonly TargetVerdict[] }
  /** Make this config ready beside the present one. */
  | { readonly type: 'prepare', readonly config: Config }
  /** Make the one that is ready the running one, in one step. */
  | { readonly type: 'commit', readonly verdicts: readonly TargetVerdict[] }
  | { readonly type: 'snapshot' }
  /** Are you there? */
  | { readonly type: 'ping' }
  /** End: `leave` if another process accepts on the same sockets. Milliseconds. */
  | { readonly type: 'drain', readonly deadline: number, readonly leave: boolean }

/** What each question is answered with. Faults: empty = it is done. */
export interface Answers {
  readonly start: readonly ConfigFault[]
  readonly prepare: readonly ConfigFault[]
  readonly commit: null
  /** null = nothing is counted. */
  readonly snapshot: Snapshot | null
  readonly ping: null
  /** How many connections were cut. */
  readonly drain: number
}

/** From the primary process to a worker. */
export type ToWorker =
  | { readonly type: 'ask', readonly id: number, readonly question: Question }
  /** Goes with a client's connection. */
  | { readonly type: 'connection' }
  /** Forget the config that was made ready. */
  | { readonly type: 'abort' }
  | { readonly type: 'verdict', readonly verdict: TargetVerdict }
  | { readonly type: 'report', readonly pool: string, readonly target: string, readonly report: LoadReport }
  /** Cut every connection. */
  | { readonly type: 'cut' }

/** What happens to targets in a worker, for the admin's eyes. */
export type WorkerEventKind = 'ejected' | 'returned' | 'drained' | 'panic' | 'panic-over'

/** From a worker to the primary process. */
export type ToPrimary =
  /** Its program is loaded: it hears what it is told from now on. */
  | { readonly type: 'loaded' }
  | { readonly type: 'answer', readonly id: number, readonly answer: Answers[keyof Answers] }
  /** It has taken so many connections since it last said so, in the order in which they were given; so many stand. Told before it reads them. */
  | { readonly type: 'connections', readonly taken: number, readonly open: number }
  /** A target has said in a response that it is about to stop. */
  | { readonly type: 'withdraw', readonly pool: string, readonly target: string }
  | { readonly type: 'event', readonly kind: WorkerEventKind, readonly pool: string, readonly target: string | null, readonly message: string }
