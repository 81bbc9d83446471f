import { latencyOptionsSchema, readLatencyOptions, type LatencyOptions } from './latency-options.js'
import { LeastLatency } from './least-latency.js'
import type { StrategyKind } from './strategy.js'

/**
 * The lowest average time to the response head x (inflight + 1) / weight, requests that still wait considered. Source: nginx,
 * `least_time header inflight`. Unlike with peak-ewma a single slow answer moves the average but little.
 */
export const leastResponseTime: StrategyKind<LatencyOptions> = {
  name: 'least-response-time',
  schema: latencyOptionsSchema,
  create: options => new LeastLatency({ ...readLatencyOptions(options), peak: false })
}
