/** A value at a time, in milliseconds. */
export interface Reading {
  readonly at: number
  readonly value: number
}

/** The straight line nearest to some readings (least squares). */
export interface Trend {
  /** Growth over an hour. */
  readonly perHour: number
  /** Growth from the first reading to the last. */
  readonly total: number
}

const HOUR = 3_600_000

/** Without two readings at different times there is no growth. */
export function trend (readings: readonly Reading[]): Trend {
  const meanAt = mean(readings.map(({ at }) => at))
  const meanValue = mean(readings.map(({ value }) => value))
  const spread = sum(readings.map(({ at }) => (at - meanAt) ** 2))
  const slope = spread === 0 ? 0 : sum(readings.map(({ at, value }) => (at - meanAt) * (value - meanValue))) / spread
  const [first, last] = [readings[0]?.at ?? 0, readings.at(-1)?.at ?? 0]
  return { perHour: slope * HOUR, total: slope * (last - first) }
}

function sum (values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0)
}

function mean (values: readonly number[]): number {
  return values.length === 0 ? 0 : sum(values) / values.length
}
