/** A time in which one backend could not serve as it should. Milliseconds since the epoch. */
export interface Outage {
  readonly backend: number
  /** Nothing can arrive at it meanwhile: it has no process or does not listen. */
  readonly dead: boolean
  readonly from: number
  /** null = it never came back. */
  readonly to: number | null
}

/** When what happened in a run. */
export class Timeline {
  readonly #outages: Array<{ backend: number, dead: boolean, from: number, to: number | null }> = []

  get outages (): readonly Outage[] {
    return this.#outages
  }

  /** @returns what to call when it is well again. */
  outage (backend: number, { dead = false } = {}): () => void {
    const outage = { backend, dead, from: Date.now(), to: null as number | null }
    this.#outages.push(outage)
    return () => { outage.to = Date.now() }
  }
}
