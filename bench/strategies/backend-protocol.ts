import type { ScenarioTarget } from '../../src/simulation/scenario.js'

/** What a backend is told when it is started. */
export interface BackendSetup {
  /** What it calls itself in `x-backend`. */
  readonly name: string
  /** 0 = any free one. */
  readonly port: number
  readonly seed: number
  readonly target: ScenarioTarget
}

/** What befalls it while it runs. */
export type BackendOrder =
  /** A new factor on the service time, reached evenly over so many milliseconds. */
  | { readonly order: 'slow', readonly factor: number, readonly over: number }
  /** Every request is answered 500 after 1 ms. */
  | { readonly order: 'fail' }
  /** No request fails any more. */
  | { readonly order: 'heal' }

/** How it was in the time since its last report. */
export interface BackendReport {
  /** Milliseconds since 1970. */
  readonly at: number
  /** Requests under way: now, and the most at any moment. */
  readonly inflight: number
  readonly peak: number
  /** Requests answered since it started. */
  readonly served: number
}

export type BackendMessage =
  | { readonly message: 'listening', readonly port: number }
  | { readonly message: 'report', readonly report: BackendReport }

/** Milliseconds between two reports. */
export const REPORT_INTERVAL = 100
