import type { LoadReport } from '../balancing/load-report.js'
import type { TargetAddress } from '../upstream/address.js'
import { readLoadReport } from './parse-load-report.js'
import type { Probe } from './probe.js'
import { TargetDraining } from './target-draining.js'

/** How a probe ended. */
export interface Attempt {
  readonly passed: boolean
  /** Why, for the log: it may name addresses. */
  readonly reason: string
  /** Did the target say that it is about to stop? */
  readonly draining: boolean
  /** What the target said of its load; null = nothing. */
  readonly report: LoadReport | null
}

/** Probes once. Never rejects. */
export async function attempt (probe: Probe, address: TargetAddress, signal: AbortSignal): Promise<Attempt> {
  try {
    return { passed: true, reason: 'check passed', draining: false, report: readLoadReport(await probe.check(address, signal)) }
  } catch (error) {
    return { passed: false, reason: describe(error), draining: saysDraining(error), report: null }
  }
}

function saysDraining (error: unknown): boolean {
  try {
    return error instanceof TargetDraining
  } catch {
    return false
  }
}

function describe (error: unknown): string {
  try {
    if (typeof error === 'string' && error !== '') return error
    if (!(error instanceof Error)) return 'check failed'
    // A connection tried over several addresses fails with their errors and no message of its own.
    if (error instanceof AggregateError && error.message === '') return [...new Set(error.errors.map(describe))].join('; ')
    return `${error.message === '' ? error.name : error.message}`
  } catch {
    // A value that can't even be looked at: a getter of somebody's own threw.
    return 'check failed'
  }
}
