import { monitorEventLoopDelay, performance } from 'node:perf_hooks'

/** What an event loop has done with its time since its process began, in milliseconds. */
export interface LoopTimes {
  readonly idle: number
  readonly active: number
}

/** Measures by how much an event loop is late, until it is stopped. Milliseconds since the last reset. */
export interface DelayMeter {
  p50 (): number
  p99 (): number
  max (): number
  reset (): void
  stop (): void
}

/** An event loop that can be looked at. */
export interface MeteredLoop {
  loopTimes (): LoopTimes
  delayMeter (): DelayMeter
}

/** Milliseconds between two looks of a delay meter. */
const RESOLUTION = 20
const NANOSECONDS = 1e6

/** The loop of this process. */
export const ownLoop: MeteredLoop = {
  loopTimes: () => performance.eventLoopUtilization(),
  delayMeter: () => {
    const histogram = monitorEventLoopDelay({ resolution: RESOLUTION })
    histogram.enable()
    // What is recorded is the time between two looks: the delay is what goes beyond the time that was asked for.
    const late = (nanoseconds: number): number => Math.max(0, nanoseconds / NANOSECONDS - RESOLUTION)
    return {
      p50: () => late(histogram.percentile(50)),
      p99: () => late(histogram.percentile(99)),
      max: () => late(histogram.max),
      reset: () => { histogram.reset() },
      stop: () => { histogram.disable() }
    }
  }
}
