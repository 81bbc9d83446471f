/** Entries before the arrays grow for the first time. */
const FIRST_SIZE = 1024

/**
 * What is to happen, in the order of time; of what falls together, what was put in first comes first. A heap with four children to
 * a node over typed arrays: nothing is allocated per event. What is cancelled stays in and is skipped by whoever takes it out: its
 * number tells it from a later event about the same thing.
 */
export class EventQueue {
  #times = new Float64Array(FIRST_SIZE)
  #numbers = new Float64Array(FIRST_SIZE)
  #subjects = new Int32Array(FIRST_SIZE)
  #size = 0
  #count = 0
  /** Of the event that was taken last: when it happens. */
  at = 0
  /** Of the event that was taken last: what `push` returned for it. */
  number = 0
  /** Of the event that was taken last: what it is about. */
  subject = 0

  get size (): number { return this.#size }

  /** When the next event happens; Infinity = there is none. */
  get next (): number { return this.#size === 0 ? Infinity : this.#times[0] ?? Infinity }

  /** @returns the number of this event, which no other has; from 1 up. */
  push (at: number, subject: number): number {
    if (this.#size === this.#times.length) this.#grow()
    const times = this.#times
    const numbers = this.#numbers
    const subjects = this.#subjects
    let hole = this.#size++
    while (hole > 0) {
      const parent = (hole - 1) >> 2
      const time = times[parent] ?? 0
      // Its number is higher than all others, so it rises only past what happens later.
      if (time <= at) break
      times[hole] = time
      numbers[hole] = numbers[parent] ?? 0
      subjects[hole] = subjects[parent] ?? 0
      hole = parent
    }
    times[hole] = at
    numbers[hole] = ++this.#count
    subjects[hole] = subject
    return this.#count
  }

  /** Takes out the next event and shows it in `at`, `number` and `subject`. @returns false if there is none. */
  take (): boolean {
    if (this.#size === 0) return false
    this.at = this.#times[0] ?? 0
    this.number = this.#numbers[0] ?? 0
    this.subject = this.#subjects[0] ?? 0
    this.#size--
    if (this.#size > 0) this.#fillTop()
    return true
  }

  /** Puts what was last into the place that has come free at the top, or below. */
  #fillTop (): void {
    const times = this.#times
    const numbers = this.#numbers
    const subjects = this.#subjects
    const size = this.#size
    const at = times[size] ?? 0
    const number = numbers[size] ?? 0
    let hole = 0
    for (let first = 1; first < size; first = 4 * hole + 1) {
      let least = first
      let time = times[first] ?? 0
      const end = Math.min(first + 4, size)
      for (let child = first + 1; child < end; child++) {
        const other = times[child] ?? 0
        if (other > time || (other === time && (numbers[child] ?? 0) > (numbers[least] ?? 0))) continue
        least = child
        time = other
      }
      if (time > at || (time === at && (numbers[least] ?? 0) > number)) break
      times[hole] = time
      numbers[hole] = numbers[least] ?? 0
      subjects[hole] = subjects[least] ?? 0
      hole = least
    }
    times[hole] = at
    numbers[hole] = number
    subjects[hole] = subjects[size] ?? 0
  }

  #grow (): void {
    const length = this.#times.length * 2
    this.#times = grown(this.#times, new Float64Array(length))
    this.#numbers = grown(this.#numbers, new Float64Array(length))
    this.#subjects = grown(this.#subjects, new Int32Array(length))
  }
}

function grown<T extends Float64Array | Int32Array> (from: T, to: T): T {
  to.set(from)
  return to
}
