import { hashText } from '../../balancing/hash.js'
import type { Candidate, NonEmpty, Picker, Strategy } from '../../balancing/strategy.js'

/** Hash of the key modulo the number of targets: what hashing is without care, to compare with. */
export class Modulo implements Strategy {
  prepare<T extends Candidate> (eligible: NonEmpty<T>): Picker<T> {
    return { pick: ({ request }) => eligible[(hashText(request.header('x-key') ?? '') >>> 0) % eligible.length] ?? eligible[0] }
  }
}
