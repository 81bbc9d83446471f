import type { Clock } from '../base/clock.js'
import type { TargetAddress } from '../upstream/address.js'
import { attempt } from './attempt.js'
import type { Probe } from './probe.js'
import type { CheckResult } from './watch.js'

/**
 * Probes addresses once each, all at the same time: for targets that are about to join a pool.
 * @param timeout milliseconds.
 * @returns the results by origin. Never rejects.
 */
export async function firstVerdicts (addresses: readonly TargetAddress[], probe: Probe, timeout: number, clock: Clock): Promise<ReadonlyMap<string, CheckResult>> {
  const started = clock.now()
  const controller = new AbortController()
  const overdue = `no result within ${timeout} ms`
  // A probe that does not heed the signal fails in time as well.
  const late = new Promise<CheckResult>(resolve => {
    controller.signal.addEventListener('abort', () => { resolve({ passed: false, reason: overdue, tookMs: timeout, draining: false, report: null }) })
  })
  const deadline = clock.after(timeout, () => { controller.abort(new Error(overdue)) }, true)
  const results = await Promise.all(addresses.map(async address => {
    const ended = attempt(probe, address, controller.signal).then((end): CheckResult => ({ ...end, tookMs: clock.now() - started }))
    return [address.origin, await Promise.race([late, ended])] as const
  }))
  deadline.cancel()
  return new Map(results)
}
