import { availableParallelism, cpus } from 'node:os'

/** What the numbers of a benchmark depend on. */
export interface Machine {
  readonly cores: number
  readonly processor: string
  readonly node: string
  readonly platform: string
}

export const machine: Machine = {
  cores: availableParallelism(),
  processor: cpus()[0]?.model.trim() ?? 'unknown',
  node: process.version,
  platform: `${process.platform} ${process.arch}`
}

/** One line for the head of a table. */
export function machineLine (): string {
  return `${machine.cores} cores (${machine.processor}), Node ${machine.node}, ${machine.platform}`
}
