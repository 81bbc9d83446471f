/** Somebody who can be given connections. */
export interface Loaded {
  readonly load: number
}

/** Chooses whoever has the fewest connections; those with as many take turns. */
export class LeastLoaded {
  #turn = 0

  /** @returns undefined if there is nobody. */
  choose<T extends Loaded> (candidates: readonly T[]): T | undefined {
    const { length } = candidates
    let chosen: T | undefined
    for (let i = 0; i < length; i++) {
      const candidate = candidates[(this.#turn + i) % length]
      if (candidate !== undefined && (chosen === undefined || candidate.load < chosen.load)) chosen = candidate
    }
    // Behind the one that was chosen, so that the next of its equals is found first.
    if (chosen !== undefined) this.#turn = candidates.indexOf(chosen) + 1
    return chosen
  }
}
