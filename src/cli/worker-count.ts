import { availableParallelism } from 'node:os'
import { ConfigError } from '../base/errors.js'
import type { Config } from '../config/config.js'

type Workers = Pick<Config, 'workers'>

/** How many processes a config asks for, on this machine. */
export function workerCount ({ workers }: Workers): number {
  return workers === 'auto' ? availableParallelism() : workers
}

/** @throws {ConfigError} if another config asks for another number of processes: those that run are there to stay. */
export function sameWorkers<T extends Workers> (running: Workers, next: T): T {
  if (workerCount(next) === workerCount(running)) return next
  throw new ConfigError([{ path: 'workers', message: `${workerCount(running)} cannot become ${workerCount(next)} by a reload: restart the program` }])
}
