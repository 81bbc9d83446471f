import { median } from '../statistics.js'

/** Milliseconds of one sample, and how many are taken. The first ones only warm up. */
const SAMPLE = 20
const SAMPLES = 25
const WARM_UP = 5

/** Something to be measured. */
export interface Case {
  readonly name: string
  /** Does it so many times; returns anything that depends on the work, so that it is not optimised away. */
  run (times: number): number
  /** Bytes that one time goes through; 0 = not a matter of bytes. */
  readonly bytes: number
}

/** What one time costs. */
export interface Cost {
  readonly name: string
  /** Nanoseconds: the median of the samples, the best and the worst. */
  readonly median: number
  readonly best: number
  readonly worst: number
  /** Megabytes (10^6) per second; undefined where bytes do not matter. */
  readonly throughput: number | undefined
}

let sink = 0

/** Measures one case: as many times as fill a sample, sample after sample. */
export function measure ({ name, run, bytes }: Case): Cost {
  const times = calibrate(run)
  const all = Array.from({ length: WARM_UP + SAMPLES }, () => sample(run, times) / times)
  const samples = all.slice(WARM_UP)
  const middle = median(samples)
  return {
    name,
    median: middle,
    best: Math.min(...samples),
    worst: Math.max(...samples),
    throughput: bytes === 0 ? undefined : bytes * 1000 / middle
  }
}

/** What the measured code returned, so that it had to be computed. */
export function checksum (): number {
  return sink
}

function calibrate (run: Case['run']): number {
  let times = 1
  while (sample(run, times) < SAMPLE * 1e6) times *= 2
  return times
}

/** @returns nanoseconds. */
function sample (run: Case['run'], times: number): number {
  const begun = process.hrtime.bigint()
  sink += run(times)
  return Number(process.hrtime.bigint() - begun)
}
