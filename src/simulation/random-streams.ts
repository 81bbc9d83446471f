import { seededRandom, type Random } from '../base/random.js'

/**
 * Independent sources of chance from one seed, one for each use: so that arrivals and service times stay the same when another strategy draws
 * more or fewer numbers. The multipliers are those of `fmix32` in Austin Appleby's MurmurHash3.
 */
export function randomStream (seed: number, use: number): Random {
  let mixed = Math.imul(seed ^ Math.imul(use + 1, 0x9E3779B9), 0x85EBCA6B)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xC2B2AE35)
  return seededRandom(mixed ^ (mixed >>> 16))
}
