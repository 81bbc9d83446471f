import type { Socket } from 'node:net'
import type { ToPrimary, ToWorker } from './messages.js'

/** The primary's end of the wire to a worker process. */
export interface WorkerChannel {
  readonly pid: number
  /** @param socket given along; it stays open here too. What can't be sent is lost without a word: then `gone` follows. */
  send (message: ToWorker, socket?: Socket): void
  /** Ends the process at once. */
  kill (): void
}

/** Hears what comes from a worker process. */
export interface WorkerListener {
  heard (message: ToPrimary): void
  /** The process has ended, and all that it has said has been heard. @param how `code 1`, `SIGKILL`. */
  gone (how: string): void
}

/** Begins a worker process. */
export type Fork = (listener: WorkerListener) => WorkerChannel
