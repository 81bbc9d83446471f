import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import process from 'node:process'
import { getHeapStatistics } from 'node:v8'
import type { DelayMeter, HostProcess } from './host-process.js'

/** Milliseconds between two looks of a delay meter. */
const RESOLUTION = 20
const NANOSECONDS = 1e6

/** The process itself. */
export const nodeProcess: HostProcess = {
  onSignal: (signal, listener) => {
    const handler = (): void => { listener(signal) }
    process.on(signal, handler)
    return () => { process.off(signal, handler) }
  },
  exit: code => process.exit(code),
  heap: () => {
    const { used_heap_size: usedBytes, heap_size_limit: limitBytes } = getHeapStatistics()
    return { usedBytes, limitBytes }
  },
  uptimeSeconds: () => process.uptime(),
  loopTimes: () => performance.eventLoopUtilization(),
  delayMeter
}

function delayMeter (): DelayMeter {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION })
  histogram.enable()
  return {
    // What is recorded is the time between two looks: the delay is what goes beyond the time that was asked for.
    p99: () => Math.max(0, histogram.percentile(99) / NANOSECONDS - RESOLUTION),
    reset: () => { histogram.reset() },
    stop: () => { histogram.disable() }
  }
}
