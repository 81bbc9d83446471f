import { ParserRecorder } from '../parser-recorder.js'
import type { Outcome, Reading, Sample } from './reading.js'

const OUTCOMES: Readonly<Record<string, Outcome>> = { ended: 'complete', upgraded: 'upgraded', failed: 'refused' }

/** Reads samples with our parser; the same one for all of them, as on a connection. */
export class OwnReader {
  readonly #recorder = new ParserRecorder()

  /** @param pieces the sample's bytes, as they come. @param waiting ask to wait after every piece of body. */
  read (sample: Sample, pieces: readonly Buffer[] = [sample.bytes], waiting = false): Reading {
    this.#recorder.waiting = waiting
    const { state, informational, status, headers, body, trailers, persistent, rest } = this.#recorder.read(pieces, sample.method, sample.upgrade, sample.close)
    const reason = this.#recorder.parser.fault?.message ?? ''
    return { outcome: OUTCOMES[state] ?? 'partial', reason, informational, status, headers, body, trailers, persistent, rest }
  }
}
