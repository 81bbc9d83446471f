import type { LoadReport } from '../balancing/load-report.js'
import type { TargetAddress } from '../upstream/address.js'

/** One way to ask a target whether it is well. */
export interface Probe {
  /**
   * Resolves = passed, with what the target says of its load, if it does; rejects = failed, with a message for the log. Ends
   * soon after `signal` is aborted, with nothing left open. The time limit is the caller's: it aborts the signal.
   */
  check (address: TargetAddress, signal: AbortSignal): Promise<LoadReport | null | void>
}
