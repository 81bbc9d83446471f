import type { TargetAddress } from '../upstream/address.js'

/** One way to ask a target whether it is well. */
export interface Probe {
  /**
   * Resolves = passed; rejects = failed, with a message for the log. Ends soon after `signal` is aborted, with nothing left
   * open. The time limit is the caller's: it aborts the signal.
   */
  check (address: TargetAddress, signal: AbortSignal): Promise<void>
}
