import type { Random } from '../base/random.js'

/**
 * Which targets each proxy sees if it sees so many only. Proxies take their share from one shuffled list of all targets after the other, so
 * every target is in as many subsets as any other, give or take one, and proxies that start together do not end up on the same ones. Source:
 * "Load Balancing in the Datacenter", chapter 20 of "Site Reliability Engineering", O'Reilly 2016; gRPC proposal A68's forerunner A65 does the same.
 * @param random the same in all proxies: each could work out its own by itself.
 */
export function deterministicSubsets (proxies: number, targets: number, size: number, random: Random): number[][] {
  const wanted = Math.min(size, targets)
  let left: number[] = []
  return Array.from({ length: proxies }, () => {
    const subset = left.splice(0, wanted)
    if (subset.length < wanted) {
      // The list is at its end. From the next one come those that the subset does not have; they leave the others in it, in their order.
      left = shuffled(targets, random)
      const taken = new Set(subset)
      const fresh = left.filter(target => !taken.has(target)).slice(0, wanted - subset.length)
      subset.push(...fresh)
      const gone = new Set(fresh)
      left = left.filter(target => !gone.has(target))
    }
    return subset.sort((a, b) => a - b)
  })
}

/** The same, each drawing its own without a thought for the others. */
export function randomSubsets (proxies: number, targets: number, size: number, random: Random): number[][] {
  return Array.from({ length: proxies }, () => shuffled(targets, random).slice(0, size).sort((a, b) => a - b))
}

/** Numbers from 0, in any order. Source: the shuffle of Fisher and Yates, as in D. E. Knuth, "The Art of Computer Programming", volume 2, algorithm P. */
function shuffled (count: number, random: Random): number[] {
  const list = Array.from({ length: count }, (_, index) => index)
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1))
    const moved = list[last] ?? 0
    list[last] = list[other] ?? 0
    list[other] = moved
  }
  return list
}
