/** Response statuses, both ends included. */
export interface StatusRange {
  readonly from: number
  readonly to: number
}

/** When probes are sent and how many decide. Times in milliseconds. */
export interface ProbeSchedule {
  readonly interval: number
  /** Instead of `interval` while the target is down. */
  readonly intervalDown: number
  /** Share of the interval, 0 to 1, by which each one is made longer or shorter at random. */
  readonly jitter: number
  readonly timeout: number
  /** Passed probes in a row that bring a target up. */
  readonly rise: number
  /** Failed probes in a row that take a target down. */
  readonly fall: number
}

/** A request whose answer tells whether the target is well. */
export interface HttpHealthCheck extends ProbeSchedule {
  readonly type: 'http'
  readonly path: string
  readonly method: string
  /** Names and values in turn. */
  readonly headers: readonly string[]
  /** The target passes if its status is in one of these. */
  readonly status: readonly StatusRange[]
  /** Text that the body must hold; null = the body is not looked at. */
  readonly bodyContains: string | null
  /** Value of the `Host` field; null = the target's own. */
  readonly host: string | null
  /** Port to probe; null = the target's own. */
  readonly port: number | null
}

/** A TCP connection that must come about. */
export interface TcpHealthCheck extends ProbeSchedule {
  readonly type: 'tcp'
  /** Port to probe; null = the target's own. */
  readonly port: number | null
}

/** How the targets of a pool are probed. */
export type HealthCheck = HttpHealthCheck | TcpHealthCheck

const STATUS_RANGE = /^([2-5][0-9]{2})(?:-([2-5][0-9]{2}))?$/

/** Reads `"204"` or `"200-299"`; null if it is neither, or runs backwards. */
export function parseStatusRange (text: string): StatusRange | null {
  const match = STATUS_RANGE.exec(text)
  if (match === null) return null
  const from = Number(match[1])
  const to = match[2] === undefined ? from : Number(match[2])
  return from <= to ? { from, to } : null
}
