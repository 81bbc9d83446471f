import type { Clock } from '../base/clock.js'
import type { TargetAddress } from '../upstream/address.js'
import type { Probe } from './probe.js'

/**
 * Probes addresses once each, all at the same time: for targets that are about to join a pool.
 * @param timeout milliseconds.
 * @returns by origin, whether the probe passed. Never rejects.
 */
export async function firstVerdicts (addresses: readonly TargetAddress[], probe: Probe, timeout: number, clock: Clock): Promise<ReadonlyMap<string, boolean>> {
  const controller = new AbortController()
  const deadline = clock.after(timeout, () => { controller.abort(new Error(`no result within ${timeout} ms`)) }, true)
  const verdicts = new Map<string, boolean>()
  const overdue = new Promise<void>(resolve => { controller.signal.addEventListener('abort', () => { resolve() }) })
  await Promise.race([overdue, Promise.all(addresses.map(async address => {
    try {
      await probe.check(address, controller.signal)
      verdicts.set(address.origin, true)
    } catch {
      // Why is said when the check proper finds the same.
      verdicts.set(address.origin, false)
    }
  }))])
  deadline.cancel()
  return new Map(addresses.map(({ origin }) => [origin, verdicts.get(origin) ?? false]))
}
