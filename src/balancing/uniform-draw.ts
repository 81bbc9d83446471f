import type { Draw } from './draw.js'
import type { PickContext } from './strategy.js'

/** Each place is as likely as any other, and so is each pair. */
export class UniformDraw implements Draw {
  readonly #count: number

  constructor (count: number) {
    this.#count = count
  }

  one (context: PickContext): number {
    return Math.floor(context.random() * this.#count)
  }

  /** Drawn from one place fewer and moved past the first. Source: twitter/finagle, `P2CPick.scala`. */
  other (first: number, context: PickContext): number {
    const place = Math.floor(context.random() * (this.#count - 1))
    return place >= first ? place + 1 : place
  }
}
