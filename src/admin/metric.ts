import type { Snapshot } from './snapshot.js'

/** One value of a metric, with the labels that tell it from the others. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
  /** What follows the metric's name: `_bucket`, `_sum`, `_count`. Default: nothing. */
  readonly suffix?: string
}

/** A metric as Prometheus knows it, and where in a snapshot its values are. */
export interface Metric {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary'
  /** One sentence: what it says, with its unit. */
  readonly help: string
  /** Their values come from the config, and from what this program knows. Never from a client. */
  readonly labels: readonly string[]
  /** They may be many, so they are made as they are asked for. */
  samples (snapshot: Snapshot): Iterable<Sample>
}

/** Seconds, as Prometheus wants them. */
export function seconds (milliseconds: number): number {
  return milliseconds / 1000
}

/** The samples of all items, one item after the other. */
export function * eachOf<T> (items: readonly T[], samplesOf: (item: T) => Iterable<Sample>): Generator<Sample> {
  for (const item of items) yield * samplesOf(item)
}
