import type { PickContext } from './strategy.js'

/** Draws places in a list at random. */
export interface Draw {
  one (context: PickContext): number
  /** Another one than `first`, in a single draw. Only for lists of two or more. */
  other (first: number, context: PickContext): number
}
