import type { Clock } from '../base/clock.js'
import type { Target } from './target.js'

/** Knows which targets of a pool are in service, and tells who comes into it and who goes out of it. */
export class ServiceRoster {
  readonly #clock: Clock
  readonly #inService = new Set<Target>()
  readonly #observers: Array<(target: Target, inService: boolean) => void> = []

  constructor (clock: Clock) {
    this.#clock = clock
  }

  /** Calls `observer` when a target comes into service and when it goes out of it. */
  observe (observer: (target: Target, inService: boolean) => void): void {
    this.#observers.push(observer)
  }

  /** Looks at a target that may have come or gone. @param left is it in the pool no more? Then it is out of service, whatever it says. */
  note (target: Target, left: boolean): void {
    const inService = target.inService && !left
    target.noteService(inService, this.#clock)
    if (inService === this.#inService.has(target)) return
    if (inService) this.#inService.add(target)
    else this.#inService.delete(target)
    for (const observer of this.#observers) observer(target, inService)
  }
}
