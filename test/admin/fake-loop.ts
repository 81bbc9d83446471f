import type { MeteredLoop } from '../../src/base/loop-meter.js'

/** An event loop that has measured what a test says. */
export const fakeLoop: MeteredLoop = {
  loopTimes: () => ({ idle: 0, active: 0 }),
  delayMeter: () => ({ p50: () => 1, p99: () => 5, max: () => 9, reset: () => {}, stop: () => {} })
}
