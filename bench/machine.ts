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

/** Begins to measure how busy the machine is, with whatever it does. @returns tells the share since then, 0 to 1. */
export function busyMeter (): () => number {
  const begin = processorTimes()
  return () => {
    const end = processorTimes()
    const all = end.all - begin.all
    return all === 0 ? 0 : 1 - (end.idle - begin.idle) / all
  }
}

function processorTimes (): { idle: number, all: number } {
  const times = cpus().map(cpu => cpu.times)
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
  return { idle: sum(times.map(each => each.idle)), all: sum(times.flatMap(each => Object.values(each))) }
}

/** One line for the head of a table. */
export function machineLine (): string {
  return `${machine.cores} cores (${machine.processor}), Node ${machine.node}, ${machine.platform}`
}
