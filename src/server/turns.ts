/** Steps that are taken one after the other, in the order in which they were asked for. One that fails does not keep the next from its turn. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve()

  /** @returns what the step comes to. */
  take<T> (step: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(step)
    this.#last = turn.catch(() => {})
    return turn
  }

  /** Resolves when every step asked for so far has ended, well or not. */
  async ended (): Promise<void> {
    await this.#last
  }
}
