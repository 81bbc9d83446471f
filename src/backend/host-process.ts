/** Signals that may mean: end. */
export type EndSignal = 'SIGTERM' | 'SIGINT'

/** What the event loop has done with its time since the process began, in milliseconds. */
export interface LoopTimes {
  readonly idle: number
  readonly active: number
}

/** Measures by how much the event loop is late, until it is stopped. */
export interface DelayMeter {
  /** 99th percentile since the last reset, in milliseconds. */
  p99 (): number
  reset (): void
  stop (): void
}

/** The process that the backend runs in, so that a test can hold it in its hand. */
export interface HostProcess {
  /** @returns what stops listening. */
  onSignal (signal: EndSignal, listener: (signal: EndSignal) => void): () => void
  exit (code: number): void
  /** Used memory of the JavaScript heap and the limit that it may grow to. */
  heap (): { readonly usedBytes: number, readonly limitBytes: number }
  uptimeSeconds (): number
  loopTimes (): LoopTimes
  delayMeter (): DelayMeter
}
