import type { ProxyResources } from '../chaos/protocol.js'

/** Does a process hold the same number of files, and of each kind of handle, as it did at another time? */
export function sameHandles (one: ProxyResources, other: ProxyResources): boolean {
  const kinds = new Set([...Object.keys(one.active), ...Object.keys(other.active)])
  return one.files === other.files && [...kinds].every(kind => one.active[kind] === other.active[kind])
}

/** For people: `23 files; PipeWrap 1, Timeout 2`. */
export function describeHandles ({ files, active }: ProxyResources): string {
  const kinds = Object.entries(active).sort(([one], [other]) => one < other ? -1 : 1)
  return `${files} files; ${kinds.map(([kind, count]) => `${kind} ${count}`).join(', ')}`
}
