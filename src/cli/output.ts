import pino, { type Logger } from 'pino'
import { systemClock } from '../base/clock.js'
import type { LogLevel } from '../config/config.js'

/** Milliseconds for the last log lines to be taken. */
const LONGEST_FLUSH = 1000

/** Where log lines go. */
export interface Output {
  readonly logger: Logger
  /** Calls back when the last line has been written, or nobody has read it for a second. Nothing may be logged after that. */
  end (done: () => void): void
}

/** JSON lines to the standard output, or readable ones in a terminal. */
export async function createOutput (level: LogLevel): Promise<Output> {
  if (process.stdout.isTTY) {
    const { default: pretty } = await import('pino-pretty')
    const logger = pino({ level }, pretty({ destination: 1, sync: true, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l' }))
    return { logger, end: done => { done() } }
  }
  const destination = pino.destination({ dest: 1, sync: false, minLength: 8192, maxWrite: 65_536, periodicFlush: 100 })
  return {
    logger: pino({ level }, destination),
    end: done => {
      systemClock.after(LONGEST_FLUSH, done)
      destination.once('close', done)
      destination.end()
    }
  }
}

export function print (text: string): void {
  process.stdout.write(`${text}\n`)
}
