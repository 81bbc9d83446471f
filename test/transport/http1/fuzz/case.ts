import { Comparator } from './comparison.js'
import { Cutter } from './cutting.js'
import { mutant } from './mutator.js'
import type { Reading, Sample } from './reading.js'

/** Something that must not be. */
export interface Finding {
  readonly sample: Sample
  readonly what: string
  readonly own: Reading
  readonly llhttp: Reading
  /** Set if our parser reads these differently from the same bytes in one piece. */
  readonly pieces: readonly Buffer[] | null
}

/** What came of one sample. */
export interface Result {
  readonly verdict: string
  readonly finding: Finding | null
}

/** Puts samples to the test: against llhttp, and against our own parser with the sample cut up. */
export class CaseRunner {
  readonly #comparator = new Comparator()
  readonly #cutter = new Cutter()

  /** Runs the case of this number. */
  run (seed: number, number: number): Result {
    const { sample, random } = mutant(seed, number)
    const { verdict, agree, own, llhttp } = this.#comparator.compare(sample)
    if (!agree) return { verdict, finding: { sample: this.#shrink(sample, verdict), what: verdict, own, llhttp, pieces: null } }
    const pieces = this.#cutter.findTorn(sample, own, random)
    return { verdict, finding: pieces === null ? null : { sample, what: 'read differently in pieces', own, llhttp, pieces } }
  }

  /** Takes away what a disagreement does not need: long parts first, then shorter ones, then single bytes. */
  #shrink (sample: Sample, verdict: string): Sample {
    let best = sample
    for (let size = best.bytes.length >> 1; size > 0; size >>= 1) {
      for (let at = 0; at < best.bytes.length;) {
        const bytes = Buffer.concat([best.bytes.subarray(0, at), best.bytes.subarray(at + size)])
        const smaller = { ...best, bytes }
        if (this.#comparator.compare(smaller).verdict === verdict) best = smaller
        else at += size
      }
    }
    return best
  }
}
