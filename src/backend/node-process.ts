import process from 'node:process'
import { getHeapStatistics } from 'node:v8'
import { ownLoop } from '../base/loop-meter.js'
import type { HostProcess } from './host-process.js'

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
  ...ownLoop
}
