import process from 'node:process'

/** What this process uses of its machine. */
export interface ProcessUsage {
  readonly pid: number
  /** Seconds of CPU, its own and the kernel's for it, since it began. */
  readonly cpuSeconds: number
  /** Memory that is really there. */
  readonly memoryBytes: number
}

/** Reads it now. */
export function processUsage (): ProcessUsage {
  const { user, system } = process.cpuUsage()
  return { pid: process.pid, cpuSeconds: (user + system) / 1e6, memoryBytes: process.memoryUsage.rss() }
}

/** The version of Node: `v22.1.0`. */
export const NODE_VERSION: string = process.version
