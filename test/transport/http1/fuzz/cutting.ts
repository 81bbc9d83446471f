import type { Random } from '../../../../src/base/random.js'
import { OwnReader } from './own-reader.js'
import { sameReading, type Reading, type Sample } from './reading.js'

/** Up to this many bytes a sample is cut in two at every position. */
const SHORT = 256
/** Random cuts of a sample at most. */
const CUTS = 8

/** Looks whether our parser says the same however a sample is cut. */
export class Cutter {
  readonly #own = new OwnReader()

  /** @returns the pieces that are read differently from `whole`, or null. */
  findTorn (sample: Sample, whole: Reading, random: Random): readonly Buffer[] | null {
    const { bytes } = sample
    const differs = (pieces: readonly Buffer[], waiting: boolean): boolean => {
      const torn = this.#own.read(sample, pieces, waiting)
      return torn.reason !== whole.reason || !sameReading(torn, whole)
    }
    if (bytes.length <= SHORT) {
      for (let at = 1; at < bytes.length; at++) {
        const pieces = [bytes.subarray(0, at), bytes.subarray(at)]
        if (differs(pieces, false)) return pieces
      }
    }
    const pieces = cutAtRandom(bytes, random)
    return differs(pieces, random() < 0.5) ? pieces : null
  }
}

function cutAtRandom (bytes: Buffer, random: Random): Buffer[] {
  const inner = Array.from({ length: Math.floor(random() * CUTS) + 1 }, () => Math.floor(random() * bytes.length))
  const cuts = [0, ...inner.sort((a, b) => a - b), bytes.length]
  return cuts.slice(1).map((cut, i) => bytes.subarray(cuts[i], cut))
}
