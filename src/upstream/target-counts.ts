import type { FailureCode } from '../base/errors.js'
import type { Outcome } from './outcome.js'
import { TimeSum } from './time-sum.js'

/** Connections to one target. */
export interface ConnectionCounts {
  /** Those that stand now, and those of them that serve nobody. */
  open: number
  idle: number
  /** Those that were made in all. */
  opened: number
  /** Requests that got one which had served before. */
  reused: number
}

/** How a health check of a target ended. */
export interface CheckRecord {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly passed: boolean
  /** For people: may name addresses. */
  readonly reason: string
  readonly tookMs: number
}

/**
 * What was counted of one target in its life: for the admin API and the metrics, nothing is decided by it. Plain numbers that are added
 * to where things happen, because that costs next to nothing, and read when somebody asks. A target that survives a reload keeps them.
 */
export class TargetCounts {
  /** Leases. */
  requests = 0
  inflightMax = 0
  /** Attempts that were not the first of their request. */
  retries = 0
  /** Leases that ended with a response, by the first digit of its status; 1 = upgrades. */
  readonly responses: [number, number, number, number, number, number] = [0, 0, 0, 0, 0, 0]
  /** Leases that ended with a failure. */
  readonly failures = new Map<FailureCode, number>()
  /** Leases that ended without a word about the target, and those of them whose cause is known, by cause. */
  cancelled = 0
  readonly interruptions = new Map<FailureCode, number>()
  /** Leases that met a kept connection which the target had closed; they are not among the cancelled. */
  stale = 0
  /** Bytes of request bodies that were sent, and of response bodies that came; for tunnels what went each way. */
  bytesIn = 0
  bytesOut = 0
  readonly connections: ConnectionCounts = { open: 0, idle: 0, opened: 0, reused: 0 }
  /** Until a connection stood, until a response head came, until a response was complete. */
  readonly connectTimes = new TimeSum()
  readonly headTimes = new TimeSum()
  readonly totalTimes = new TimeSum()
  lastCheck: CheckRecord | null = null
  /** What the checks took that passed, and those that failed. */
  readonly passedChecks = new TimeSum()
  readonly failedChecks = new TimeSum()
  ejections = 0

  /** A lease was given out. @param inflight how many there are now. */
  leased (inflight: number): void {
    this.requests++
    if (inflight > this.inflightMax) this.inflightMax = inflight
  }

  /** A lease ended. @param took milliseconds. */
  ended (outcome: Outcome, took: number): void {
    switch (outcome.kind) {
      case 'response':
        this.responses[statusClass(outcome.status)]++
        // How long a tunnel stood says nothing about the target.
        if (outcome.status !== 101) this.totalTimes.add(took)
        break
      case 'failure':
        increment(this.failures, outcome.error.code)
        break
      case 'cancelled':
        this.#cancelled(outcome.cause)
    }
  }

  #cancelled (cause: FailureCode | 'stale' | undefined): void {
    if (cause === 'stale') {
      this.stale++
      return
    }
    this.cancelled++
    if (cause !== undefined) increment(this.interruptions, cause)
  }

  checked (check: CheckRecord): void {
    this.lastCheck = check
    const times = check.passed ? this.passedChecks : this.failedChecks
    times.add(check.tookMs)
  }
}

function increment (counts: Map<FailureCode, number>, code: FailureCode): void {
  counts.set(code, (counts.get(code) ?? 0) + 1)
}

/** The first digit of a status. One that no class has means what a 5xx means (RFC 9110, section 15). */
export function statusClass (status: number): 1 | 2 | 3 | 4 | 5 {
  if (status < 300) return status < 200 ? 1 : 2
  if (status < 500) return status < 400 ? 3 : 4
  return 5
}
