import { fstatSync, write, writeSync } from 'node:fs'
import pino, { type Logger } from 'pino'
import { systemClock } from '../base/clock.js'
import type { LogLevel } from '../config/config.js'
import { LineStream, type Put } from './line-stream.js'

/** Milliseconds for the last log lines to be taken. */
const LONGEST_FLUSH = 1000

/** Where log lines go. */
export interface Output {
  readonly logger: Logger
  /** Do other processes write there too, from now on? */
  share (shared: boolean): void
  /** Calls back once, when the last line has been written, or nobody has taken it for a second. Nothing may be logged after that. */
  end (done: () => void): void
}

/** JSON lines to the standard output, or readable ones in a terminal. */
export async function createOutput (level: LogLevel): Promise<Output> {
  if (process.stdout.isTTY) {
    const { default: pretty } = await import('pino-pretty')
    const logger = pino({ level }, pretty({ destination: 1, sync: true, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l' }))
    return { logger, share: () => {}, end: done => { done() } }
  }
  const lines = new LineStream({
    put: putter(),
    clock: systemClock,
    lost: count => { logger.warn({ lines: count }, 'log lines were lost: nobody took them, or there was no room') }
  })
  const logger = pino({ level }, lines)
  // Whatever ends the process.
  process.once('exit', () => { writeLast(lines.rest()) })
  return {
    logger,
    share: shared => { lines.share(shared) },
    end: done => {
      const timer = systemClock.after(LONGEST_FLUSH, done)
      lines.end(() => {
        timer.cancel()
        done()
      })
    }
  }
}

/**
 * How text is written to the standard output. To a pipe that nobody reads a thread would wait for ever, and the process could not end for it: a
 * stream of Node's waits without one. A file has no such end, and its stream would block all else for each write.
 */
function putter (): Put {
  const stats = fstatSync(1)
  if (!stats.isFIFO() && !stats.isSocket()) return (text, written) => { writeFile(Buffer.from(text), written) }
  process.stdout.on('error', () => {})
  return (text, written) => {
    doNotBlock()
    process.stdout.write(text, written)
  }
}

/**
 * Makes writes to a pipe or socket fail where they would wait; Node's stream sees to the rest. Each time: whether they wait belongs to the pipe and not
 * to the process, and whenever a process that shares it begins or ends, libuv and Node have them wait again.
 */
function doNotBlock (): void {
  // Node keeps the stream's handle in this field; a file's has none.
  const { _handle: handle } = process.stdout as { _handle?: { setBlocking? (blocking: boolean): unknown } | null }
  handle?.setBlocking?.(false)
}

/** A disk that is nearly full may take a part. */
function writeFile (bytes: Buffer, written: (error: Error | null) => void): void {
  write(1, bytes, (error, count) => {
    if (error !== null || count === bytes.length) written(error)
    else writeFile(bytes.subarray(count), written)
  })
}

/** Not to a pipe that has not taken what came before. */
function writeLast (pieces: readonly string[]): void {
  if (pieces.length === 0 || process.stdout.writableLength > 0) return
  const end = systemClock.now() + LONGEST_FLUSH
  const pause = new Int32Array(new SharedArrayBuffer(4))
  doNotBlock()
  for (let i = 0; i < pieces.length;) {
    try {
      writeSync(1, pieces[i] ?? '')
      i++
    } catch (error) {
      // Somebody may be about to read; a full disk, or a reader that is gone, stays as it is.
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN') || systemClock.now() > end) return
      Atomics.wait(pause, 0, 0, 5)
    }
  }
}

export function print (text: string): void {
  process.stdout.write(`${text}\n`)
}
