import { availableParallelism } from 'node:os'
import { isDeepStrictEqual } from 'node:util'
import { ConfigError } from '../base/errors.js'
import type { Config } from '../config/config.js'

type Workers = Pick<Config, 'workers'>
type Fixed = Pick<Config, 'workers' | 'admin'>

/** How many processes a config asks for, on this machine. */
export function workerCount ({ workers }: Workers): number {
  return workers === 'auto' ? availableParallelism() : workers
}

/** @throws {ConfigError} if another config asks for another number of processes, or another admin listener: those that run are there to stay. */
export function sameWorkers<T extends Fixed> (running: Fixed, next: T): T {
  if (!isDeepStrictEqual(next.admin, running.admin)) throw new ConfigError([{ path: 'admin', message: 'cannot be changed by a reload: restart the program' }])
  if (workerCount(next) === workerCount(running)) return next
  throw new ConfigError([{ path: 'workers', message: `${workerCount(running)} cannot become ${workerCount(next)} by a reload: restart the program` }])
}
