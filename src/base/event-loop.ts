import { nextTick } from 'node:process'
import { setImmediate } from 'node:timers'

/** Calls back when the present step of the program is over, and all that it has put off in the same way before. No time passes. */
export function afterStep<T> (callback: (argument: T) => void, argument: T): void {
  nextTick(callback, argument)
}

/** Calls back when whatever sockets hold at this moment has been read. */
export function afterReading<T> (callback: (argument: T) => void, argument: T): void {
  // Twice: called from within the reading of sockets, the first one comes before the next reading.
  setImmediate(() => { setImmediate(callback, argument) })
}
