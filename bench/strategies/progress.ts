import { number } from '../table.js'

/** Where the display goes. */
export interface Screen {
  readonly isTTY?: boolean
  write (text: string): unknown
}

/** Clears what stands in the line. */
const CLEAR = '\r\u001B[2K'

/** Says which run is under way and what remains: in one line that changes on a terminal, in a line for each run elsewhere. */
export class Progress {
  readonly #screen: Screen
  readonly #runs: number
  #done = 0
  #line = ''

  constructor (screen: Screen, runs: number) {
    this.#screen = screen
    this.#runs = runs
  }

  /** A run begins. @param left seconds that it and those after it will take, about. */
  begin (what: string, left: number): void {
    this.#line = `[${++this.#done}/${this.#runs}] ${what}; ${remaining(left)} left`
    this.#screen.write(this.#screen.isTTY === true ? CLEAR + this.#line : `${this.#line}\n`)
  }

  /** Takes the line away, so that something else can be printed. */
  clear (): void {
    if (this.#screen.isTTY === true) this.#screen.write(CLEAR)
  }

  /** Says something that stays. */
  note (text: string): void {
    this.clear()
    this.#screen.write(`${text}\n`)
    if (this.#screen.isTTY === true) this.#screen.write(this.#line)
  }
}

/** A time to read. */
export function remaining (seconds: number): string {
  return seconds < 90 ? `${number(seconds)} s` : `${number(seconds / 60)} min`
}
