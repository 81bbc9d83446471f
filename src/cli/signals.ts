import { fail } from './fail.js'
import { leave } from './leave.js'
import type { Output } from './output.js'

/** What a signal can stop. */
export interface Stoppable {
  /** Lets what is under way end. @returns how many connections were cut at the deadline. */
  stop (): Promise<number>
  /** Cuts everything now. @returns how many connections there were. */
  cut (): number
}

/** Ends the program for another cause than a signal. @param stop instead of the `stop` of what runs. */
export type EndProgram = (cause: object, stop: () => Promise<number>) => void

/**
 * SIGTERM and SIGINT. Before anything is served they end the program there and then; later the first one drains, the second one cuts. They
 * have one listener all the time: a signal that comes between the end of one and the beginning of another would be lost.
 */
export class StopSignals {
  #heard: (signal: NodeJS.Signals) => void = () => process.exit(0)

  constructor () {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, signal => { this.#heard(signal) })
  }

  /** From now on they are for what runs. */
  lead (proxy: Stoppable, { logger, end }: Output): EndProgram {
    let stopping = false
    let stopped = false
    // A handover is no signal to stop: the first one after it finds the process draining, as the first one does elsewhere.
    let signalled = false
    const begin: EndProgram = (cause, stop) => {
      if (stopping) return
      stopping = true
      logger.info(cause, 'draining')
      stop().then(cut => {
        if (cut > 0) logger.warn({ cut }, `drained: ${cut} ${cut === 1 ? 'connection was' : 'connections were'} cut at the deadline`)
        else logger.info('drained')
        stopped = true
        leave({ end })
      }, fail)
    }
    this.#heard = signal => {
      if (stopped) return
      const first = !signalled
      signalled = true
      if (stopping && first) {
        logger.info({ signal }, 'draining already: another signal cuts what is left')
        return
      }
      if (stopping) {
        const cut = proxy.cut()
        logger.warn({ signal, cut }, `cutting what is left: ${cut} ${cut === 1 ? 'connection' : 'connections'}`)
        return
      }
      begin({ signal }, () => proxy.stop())
    }
    return begin
  }
}
