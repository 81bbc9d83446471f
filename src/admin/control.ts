import type { EventLog } from './event-log.js'
import type { Snapshot } from './snapshot.js'

/** What an admin may ask of a target: new requests as ever; none, but its health is watched; none, and it is left alone. */
export type TargetWish = 'ready' | 'drain' | 'maint'

export interface TargetChange {
  readonly state?: TargetWish
  readonly weight?: number
}

/** A target to be added, as the config writes it. */
export interface NewTarget extends TargetChange {
  readonly url: string
  readonly maxConnections?: number
}

/** What a reload came to. */
export interface ReloadResult {
  readonly ok: boolean
  /** In words, one line for each: "removes 2 targets of pool api". Empty = nothing. */
  readonly changes: readonly string[]
  /** Why it was refused; then nothing has changed. */
  readonly faults: ReadonlyArray<{ readonly path: string, readonly message: string }>
}

/** What the admin listener may see and do. The server implements it, over one process or over all workers. */
export interface Control {
  readonly events: EventLog
  snapshot (): Promise<Snapshot>
  /** The running config, described as `headrace check` does: without secrets. */
  config (): object
  /** Reads the config anew and makes it the running one. Never rejects. */
  reload (): Promise<ReloadResult>
  /** @throws {AdminError} if there is no such pool or target. */
  changeTarget (pool: string, url: string, change: TargetChange): Promise<void>
  /** @throws {AdminError} if there is no such pool, the URL is none, or the target is there already. */
  addTarget (pool: string, target: NewTarget): Promise<void>
  /** It finishes what it has. @throws {AdminError} if there is no such pool or target. */
  removeTarget (pool: string, url: string): Promise<void>
  /** Does it accept requests, and can any pool have them served, by a target that is up, full, or down and tried anyway? `reasons` says what is not so. */
  readiness (): { readonly ready: boolean, readonly reasons: readonly string[] }
}
