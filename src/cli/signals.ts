import { fail } from './fail.js'
import type { Output } from './output.js'

/** What a signal can stop. */
export interface Stoppable {
  /** Lets what is under way end. @returns how many connections were cut at the deadline. */
  stop (): Promise<number>
  /** Cuts everything now. @returns how many connections there were. */
  cut (): number
}

/** A signal that comes before anything is served ends the program there and then. @returns what ends that. */
export function stopWhileStarting (): () => void {
  const onSignal = (): never => process.exit(0)
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
  return () => {
    process.off('SIGTERM', onSignal)
    process.off('SIGINT', onSignal)
  }
}

/** Ends the program for another cause than a signal. @param stop instead of the `stop` of what runs. */
export type EndProgram = (cause: object, stop: () => Promise<number>) => void

/** The first signal drains, the second cuts. */
export function stopOnSignal (proxy: Stoppable, { logger, end }: Output): EndProgram {
  let stopping = false
  let stopped = false
  const begin: EndProgram = (cause, stop) => {
    if (stopping) return
    stopping = true
    logger.info(cause, 'draining')
    stop().then(cut => {
      if (cut > 0) logger.warn({ cut }, `drained: ${cut} connections were cut at the deadline`)
      else logger.info('drained')
      stopped = true
      end(() => { process.exit(0) })
    }, fail)
  }
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stopped) return
    if (stopping) {
      const cut = proxy.cut()
      logger.warn({ signal, cut }, `cutting what is left: ${cut} connections`)
      return
    }
    begin({ signal }, () => proxy.stop())
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
  return begin
}
