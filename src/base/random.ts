/** A source of numbers in [0, 1). */
export type Random = () => number

/** The machine's own. Not for secrets. */
export const systemRandom: Random = Math.random

/** The same numbers for the same seed: for tests and the simulator. Source: Tommy Ettinger's mulberry32. */
export function seededRandom (seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6D2B79F5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
