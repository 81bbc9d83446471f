import type { Loads } from './loads.js'
import type { Candidate } from './strategy.js'

/** Load = requests under way, the new one counted. */
export const connectionCounts: Loads = {
  begin () {},
  of: ({ inflight }: Candidate) => inflight + 1
}
