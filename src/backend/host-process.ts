import type { MeteredLoop } from '../base/loop-meter.js'

/** Signals that may mean: end. */
export type EndSignal = 'SIGTERM' | 'SIGINT'

/** The process that the backend runs in, so that a test can hold it in its hand. */
export interface HostProcess extends MeteredLoop {
  /** @returns what stops listening. */
  onSignal (signal: EndSignal, listener: (signal: EndSignal) => void): () => void
  exit (code: number): void
  /** Used memory of the JavaScript heap and the limit that it may grow to. */
  heap (): { readonly usedBytes: number, readonly limitBytes: number }
  uptimeSeconds (): number
}
