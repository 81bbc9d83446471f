import type { Clock } from '../base/clock.js'

/** Writes a piece of text. @param written with an error if that has failed. */
export type Put = (text: string, written: (error?: Error | null) => void) => void

export interface LineStreamOptions {
  readonly put: Put
  readonly clock: Clock
  /** Lines that could not be written are gone; this hears how many, when one can be written again. */
  readonly lost: (lines: number) => void
}

/** Bytes that go out in one write, at least if there are more to come and at most. */
const WRITES = { least: 8192, most: 65_536 }

/**
 * The same where several processes write to one pipe: what is not longer than this goes into it in one piece (POSIX, PIPE_BUF), so that no
 * line is torn by another process's.
 */
const SHARED_WRITES = { least: 3072, most: 4096 }

/** Milliseconds for which a line may wait for others. */
const PATIENCE = 100

/** Characters that wait to be written, at most. Nobody takes them, or the disk is full: the proxy goes on without. */
const MOST_WAITING = 16_777_216

/** Lines on their way out, some at a time and one write after the other. Whatever becomes of them, whoever logs does not wait and hears of no error. */
export class LineStream {
  readonly #options: LineStreamOptions
  #writes = WRITES
  #lines: string[] = []
  #length = 0
  /** Is a write under way? */
  #writing = false
  /** Is all to go out that there is? */
  #flushing = false
  #waits = false
  #lost = 0
  #done: (() => void) | null = null

  constructor (options: LineStreamOptions) {
    this.#options = options
  }

  /** Do other processes write there too, from now on? */
  share (shared: boolean): void {
    this.#writes = shared ? SHARED_WRITES : WRITES
  }

  /** Takes a line, its end included. */
  write (line: string): void {
    if (this.#length + line.length > MOST_WAITING) {
      this.#lost++
      return
    }
    this.#lines.push(line)
    this.#length += line.length
    if (this.#length >= this.#writes.least) this.#next()
    else this.#wait()
  }

  /** Calls back when all that was taken has been written, or could not be. */
  end (done: () => void): void {
    this.#done = done
    this.flush()
  }

  flush (): void {
    this.#flushing = true
    this.#next()
  }

  /** What is not being written yet, in pieces of whole lines that go out in one piece each; they are the caller's from now on. */
  rest (): readonly string[] {
    const pieces: string[] = []
    while (this.#lines.length > 0) pieces.push(this.#take(SHARED_WRITES.most))
    return pieces
  }

  #wait (): void {
    if (this.#waits) return
    this.#waits = true
    this.#options.clock.after(PATIENCE, () => {
      this.#waits = false
      this.flush()
    })
  }

  #next (): void {
    if (this.#writing) return
    if (this.#lines.length === 0) {
      this.#flushing = false
      this.#done?.()
      return
    }
    if (!this.#flushing && this.#length < this.#writes.least) return this.#wait()
    this.#writing = true
    const before = this.#lines.length
    const text = this.#take(this.#writes.most)
    const lines = before - this.#lines.length
    this.#options.put(text, error => {
      this.#writing = false
      if (error) this.#lost += lines
      else this.#tellLost()
      this.#next()
    })
  }

  /** @param most bytes, but one line at least. */
  #take (most: number): string {
    let count = 0
    for (let bytes = 0; count < this.#lines.length; count++) {
      bytes += Buffer.byteLength(this.#lines[count] ?? '')
      if (bytes > most && count > 0) break
    }
    const text = this.#lines.splice(0, count).join('')
    this.#length -= text.length
    return text
  }

  #tellLost (): void {
    const lost = this.#lost
    if (lost === 0) return
    this.#lost = 0
    this.#options.lost(lost)
  }
}
