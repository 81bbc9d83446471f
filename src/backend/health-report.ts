import type { HostProcess } from './host-process.js'
import type { LoopLoad, LoopReading } from './loop-load.js'
import type { Requests } from './requests.js'

/** How the backend is: `draining` goes before `failing`. */
export type HealthStatus = 'ok' | 'failing' | 'draining'

/** The body of the health route. */
export interface HealthReport {
  readonly status: HealthStatus
  /** Requests under way, questions about health left out. */
  readonly inflight: number
  readonly eventLoop: LoopReading
  readonly heap: { readonly usedBytes: number, readonly limitBytes: number }
  readonly uptimeSeconds: number
}

/** What the backend says of itself now. */
export function healthReport (status: HealthStatus, parts: { readonly requests: Requests, readonly load: LoopLoad, readonly host: HostProcess }): HealthReport {
  const { requests, load, host } = parts
  const { utilization, delayMs } = load.read()
  const { usedBytes, limitBytes } = host.heap()
  return {
    status,
    inflight: requests.inflight,
    eventLoop: { utilization: rounded(utilization, 1000), delayMs: rounded(delayMs, 10) },
    heap: { usedBytes, limitBytes },
    uptimeSeconds: rounded(host.uptimeSeconds(), 10)
  }
}

function rounded (value: number, parts: number): number {
  return Math.round(value * parts) / parts
}
