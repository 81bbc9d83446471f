/** What the simulator reads of one line of the access log. Times are milliseconds. */
export interface LogLine {
  readonly arrivedAt: number
  readonly took: number
  readonly pool: string
  /** null = it came to no target. */
  readonly target: string | null
  /** 0 = the client left before there was one. */
  readonly status: number
  readonly attempts: number
  readonly outcome: string
  readonly client: string | null
  readonly path: string
}

/** Reads a line; null if it is none of a request: the log has others, too. */
export function parseLogLine (text: string): LogLine | null {
  const fields = record(text)
  const { time, ms, pool, target, status, attempts, outcome, client, path } = fields
  if (typeof time !== 'number' || typeof ms !== 'number' || typeof pool !== 'string' || typeof outcome !== 'string') return null
  return {
    arrivedAt: time - ms,
    took: ms,
    pool,
    target: typeof target === 'string' ? target : null,
    status: typeof status === 'number' ? status : 0,
    attempts: typeof attempts === 'number' ? attempts : 0,
    outcome,
    client: typeof client === 'string' ? client : null,
    path: typeof path === 'string' ? path : '/'
  }
}

function record (text: string): Partial<Record<'time' | 'ms' | 'pool' | 'target' | 'status' | 'attempts' | 'outcome' | 'client' | 'path', unknown>> {
  if (!text.startsWith('{')) return {}
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}
