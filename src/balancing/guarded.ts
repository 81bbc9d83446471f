import { fieldsFault } from './fields-fault.js'
import { RoundRobin } from './round-robin.js'
import type { Candidate, Flight, Follower, NonEmpty, PickContext, Picker, Strategy } from './strategy.js'

/** Hears of each fault of a guarded strategy. */
export type FaultObserver = (fault: unknown) => void

/**
 * Somebody else's strategy, held so that its faults cost no request: whatever it throws, and whatever it chooses that was not to choose
 * from, round-robin takes its place for that pick.
 */
export class Guarded implements Strategy {
  readonly #strategy: Strategy
  readonly #fallback = new RoundRobin()
  readonly #onFault: FaultObserver

  constructor (strategy: Strategy, onFault: FaultObserver) {
    this.#strategy = strategy
    this.#onFault = onFault
  }

  prepare<T extends Candidate> (eligible: NonEmpty<T>): Picker<T> {
    const fallback = this.#fallback.prepare(eligible)
    // A list of its own: one that it sorts, or takes out what it has chosen, is nobody else's.
    const own: NonEmpty<T> = [...eligible]
    const picker = this.#try(() => withPick(atOnce(this.#strategy.prepare(own))), null)
    return picker === null ? fallback : new GuardedPicker(picker, fallback, new Set(eligible), this.#onFault)
  }

  follow (candidate: Candidate): Follower {
    const follower = this.#try(() => atOnce(this.#strategy.follow?.(candidate)) ?? null, null)
    return {
      began: at => {
        const flight = follower === null ? null : this.#try(() => atOnce(follower.began(at)), null)
        return flight === null ? NOTHING : this.#guardedFlight(flight)
      },
      reported: (report, at) => { this.#try(() => atOnce(follower?.reported?.(report, at)), undefined) }
    }
  }

  responseFields (chosen: Candidate, context: PickContext): readonly string[] | null {
    const fields = this.#try(() => atOnce(this.#strategy.responseFields?.(chosen, context)) ?? null, null)
    const fault = fields === null ? null : fieldsFault(fields)
    if (fault === null) return fields
    this.#onFault(new TypeError(fault))
    return null
  }

  #guardedFlight (flight: Flight): Flight {
    return {
      answered: (at, failed) => { this.#try(() => atOnce(flight.answered(at, failed)), undefined) },
      abandoned: at => { this.#try(() => atOnce(flight.abandoned(at)), undefined) }
    }
  }

  #try<R> (call: () => R, otherwise: R): R {
    return attempt(call, otherwise, this.#onFault)
  }
}

const NOTHING: Flight = { answered () {}, abandoned () {} }

class GuardedPicker<T extends Candidate> implements Picker<T> {
  readonly #picker: Picker<T>
  readonly #fallback: Picker<T>
  readonly #eligible: ReadonlySet<T>
  readonly #onFault: FaultObserver

  constructor (picker: Picker<T>, fallback: Picker<T>, eligible: ReadonlySet<T>, onFault: FaultObserver) {
    this.#picker = picker
    this.#fallback = fallback
    this.#eligible = eligible
    this.#onFault = onFault
  }

  pick (context: PickContext): T {
    try {
      const pick = atOnce(this.#picker.pick(context), 'choose')
      if (this.#eligible.has(pick)) return pick
      this.#onFault(new TypeError('it chose none of the targets that it was given'))
    } catch (fault) {
      this.#onFault(fault)
    }
    return this.#fallback.pick(context)
  }

  scores (context: PickContext): ReadonlyArray<number | null> {
    return attempt(() => atOnce(this.#picker.scores?.(context)) ?? [], [], this.#onFault)
  }

  holds (context: PickContext): boolean {
    return attempt(() => atOnce(this.#picker.holds?.(context)) === true, false, this.#onFault)
  }

  lot (context: PickContext): number | null {
    return attempt(() => withinRange(atOnce(this.#picker.lot?.(context)) ?? null), null, this.#onFault)
  }
}

function attempt<R> (call: () => R, otherwise: R, onFault: FaultObserver): R {
  try {
    return call()
  } catch (fault) {
    onFault(fault)
    return otherwise
  }
}

/** @throws {TypeError} if it is a promise: nobody waits for one. */
function atOnce<R> (result: R, what = 'answer'): R {
  if (isPromise(result)) throw new TypeError(`it gave a promise: it must ${what} at once`)
  return result
}

/** @throws {TypeError} if it is neither null nor in [0, 1). */
function withinRange (lot: number | null): number | null {
  if (lot === null || (typeof lot === 'number' && lot >= 0 && lot < 1)) return lot
  throw new TypeError('its "lot" is no number from 0 to below 1')
}

/** Whoever wrote the strategy may have had no types to keep to. @throws {TypeError} if it is no picker. */
function withPick<P> (picker: P): P {
  if (typeof picker !== 'object' || picker === null || !('pick' in picker) || typeof picker.pick !== 'function') throw new TypeError('its "prepare" gave nothing with a "pick"')
  return picker
}

/** Takes the sting out of one, too: nobody else would hear of its rejection, and that ends a process. */
function isPromise (value: unknown): boolean {
  if (!(value instanceof Promise)) return false
  value.catch(() => {})
  return true
}
