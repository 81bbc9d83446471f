/** How a request ended for the client. */
export interface Sample {
  readonly id: string
  readonly method: 'GET' | 'POST'
  /** When it was due to be sent: milliseconds since the epoch. */
  readonly begun: number
  /** Milliseconds until its end. */
  readonly took: number
  /** Status of a whole answer, or else what went wrong, as `ECONNRESET`. */
  readonly ended: number | string
}

/** No answer, an answer cut short, or one that says that the service failed. */
export function hasFailed ({ ended }: Sample): boolean {
  return typeof ended === 'string' || ended >= 500
}
