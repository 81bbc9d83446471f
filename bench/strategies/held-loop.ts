import type { Random } from '../../src/base/random.js'

/** Milliseconds for which other work keeps the event loop without a break. */
const SLICE = 20

const never = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))

/**
 * Nothing moves in this process for so many milliseconds. It takes no processor time, which the proxy and the load generator on the
 * same machine would miss; to the process itself its event loop is busy.
 */
function hold (milliseconds: number): void {
  Atomics.wait(never, 0, 0, milliseconds)
}

/** Holds the event loop for `length`, `every` so often on average, as a garbage collection does. */
export function pause ({ every, length }: { readonly every: number, readonly length: number }, random: Random): void {
  setTimeout(() => {
    hold(length)
    pause({ every, length }, random)
  }, every * (0.5 + random()) - length)
}

/** Holds the event loop for a share of all time, as a neighbour on the same processor does. */
export function keepBusy (share: number): void {
  setTimeout(() => {
    hold(SLICE)
    keepBusy(share)
  }, SLICE * (1 - share) / share)
}
