import type { LoopLoad } from '../base/loop-load.js'
import type { HostProcess } from './host-process.js'
import type { Requests } from './requests.js'

/** How the backend is: `draining` goes before `failing`. */
export type HealthStatus = 'ok' | 'failing' | 'draining'

/** How busy the event loop was in the last second or two. */
export interface LoopReading {
  /** Share of the time in which it was at work, 0 to 1. */
  readonly utilization: number
  /** 99th percentile of its lateness. */
  readonly delayMs: number
}

/** The body of the health route. */
export interface HealthReport {
  readonly status: HealthStatus
  /** Requests under way, questions about health left out. */
  readonly inflight: number
  /** Requests since the start, questions about health left out. */
  readonly requests: number
  readonly eventLoop: LoopReading
  readonly heap: { readonly usedBytes: number, readonly limitBytes: number }
  readonly uptimeSeconds: number
}

/** What the backend says of itself now. */
export function healthReport (status: HealthStatus, parts: { readonly requests: Requests, readonly load: LoopLoad, readonly host: HostProcess }): HealthReport {
  const { requests, load, host } = parts
  const { utilization, p99 } = load.read()
  const { usedBytes, limitBytes } = host.heap()
  return {
    status,
    inflight: requests.inflight,
    requests: requests.total,
    eventLoop: { utilization: rounded(utilization, 1000), delayMs: rounded(p99, 10) },
    heap: { usedBytes, limitBytes },
    uptimeSeconds: rounded(host.uptimeSeconds(), 10)
  }
}

function rounded (value: number, parts: number): number {
  return Math.round(value * parts) / parts
}
