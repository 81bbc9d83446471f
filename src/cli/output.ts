import pino, { type Logger } from 'pino'
import { systemClock } from '../base/clock.js'
import type { LogLevel } from '../config/config.js'

/** Milliseconds for the last log lines to be taken. */
const LONGEST_FLUSH = 1000

/** Bytes that go out in one write, at least if there are more to come and at most. */
const WRITES = { minLength: 8192, maxWrite: 65_536 }

/**
 * The same where several processes write to one pipe: what is not longer than this goes into it in one piece (POSIX, PIPE_BUF), so that no
 * line is torn by another process's.
 */
const SHARED_WRITES = { minLength: 3072, maxWrite: 4096 }

/** Where log lines go. */
export interface Output {
  readonly logger: Logger
  /** Do other processes write there too, from now on? */
  share (shared: boolean): void
  /** Calls back when the last line has been written, or nobody has read it for a second. Nothing may be logged after that. */
  end (done: () => void): void
}

/** JSON lines to the standard output, or readable ones in a terminal. */
export async function createOutput (level: LogLevel): Promise<Output> {
  if (process.stdout.isTTY) {
    const { default: pretty } = await import('pino-pretty')
    const logger = pino({ level }, pretty({ destination: 1, sync: true, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l' }))
    return { logger, share: () => {}, end: done => { done() } }
  }
  const destination = pino.destination({ dest: 1, sync: false, ...WRITES, periodicFlush: 100 })
  return {
    logger: pino({ level }, destination),
    // It looks at them with each line.
    share: shared => { Object.assign(destination, shared ? SHARED_WRITES : WRITES) },
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
