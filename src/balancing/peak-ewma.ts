import { latencyOptionsSchema, readLatencyOptions, type LatencyOptions } from './latency-options.js'
import { LeastLatency } from './least-latency.js'
import type { StrategyKind } from './strategy.js'

/**
 * The lowest latency x (inflight + 1) / weight, where a latency above the average becomes the average at once and lower ones bring
 * it down slowly: quick to leave a target that gets slow, careful in coming back. Source: twitter/finagle, `PeakEwma.scala`; linkerd and
 * Envoy have it from there. What is added: the age of the oldest request, and that failures do not count as quick.
 */
export const peakEwma: StrategyKind<LatencyOptions> = {
  name: 'peak-ewma',
  schema: latencyOptionsSchema,
  create: options => new LeastLatency({ ...readLatencyOptions(options), peak: true })
}
