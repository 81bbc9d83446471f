/**
 * Whose turn it is among candidates that come and go. It knows who was chosen last and who stood around that one, so
 * that a list which lost or gained members goes on where the old one stopped. As long as the lists keep one order, nobody
 * who stays is passed over, however often the list is rebuilt.
 */
export class Turn {
  #ring: readonly object[] = []
  #last = -1

  /** Notes that `ring[index]` was chosen. Holds on to the ring until the next choice. */
  taken (ring: readonly object[], index: number): void {
    this.#ring = ring
    this.#last = index
  }

  /** Index in `ring` of the one whose turn comes next; 0 if nobody of those before is in it. */
  next (ring: readonly object[]): number {
    const old = this.#ring
    if (old === ring) return this.#last + 1 < ring.length ? this.#last + 1 : 0
    for (let step = 0; step < old.length; step++) {
      const candidate = old[(this.#last + step) % old.length]
      const index = candidate === undefined ? -1 : ring.indexOf(candidate)
      // The last one chosen has had its turn; whoever stood behind it has not.
      if (index !== -1) return step === 0 ? (index + 1) % ring.length : index
    }
    return 0
  }
}
