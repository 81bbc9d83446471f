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

/** Something to be done when the present turn's reading is over. */
export interface AfterTurn {
  turnOver (): void
}

let waiting: AfterTurn[] = []

/**
 * Calls back when all that could be read in the present turn of the event loop has been read and acted on. Who writes then does
 * it in one go with the others: a process at the other end is woken once, not once for each of its connections.
 */
export function afterTurn (item: AfterTurn): void {
  if (waiting.push(item) === 1) setImmediate(endTurn)
}

function endTurn (): void {
  const items = waiting
  waiting = []
  let i = 0
  try {
    while (i < items.length) items[i++]?.turnOver()
  } finally {
    // One that throws does not take the others with it.
    for (const item of items.slice(i)) afterTurn(item)
  }
}
