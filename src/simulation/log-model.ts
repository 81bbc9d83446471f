import type { Random } from '../base/random.js'
import type { Identities } from './identities.js'
import { parseLogLine, type LogLine } from './log-line.js'
import type { Model, ModelTarget } from './model.js'
import type { Work } from './work.js'

/** What is not known of a target in a log: as much as it takes, it works on at once, and always in the same way. */
const NATURE = { weight: 1, concurrency: 0, slowdown: 1, pauses: null, cold: null, busy: 0, absent: false }

/**
 * The world of an access log of ours: requests come when they came; what each takes is drawn from what requests took on the target that is
 * chosen now.
 * @param pool which one; null = the only one in the log.
 * @throws {RangeError} if there are no requests to go by, or several pools and none was named.
 */
export function logModel (text: string, pool: string | null): Model {
  const all = text.split('\n').flatMap(line => parseLogLine(line) ?? [])
  const pools = [...new Set(all.map(line => line.pool))]
  if (pool === null && pools.length > 1) throw new RangeError(`the log has requests of several pools, name one: ${pools.join(', ')}`)
  const lines = all.filter(line => pool === null || line.pool === pool).sort((a, b) => a.arrivedAt - b.arrivedAt)
  const targets = targetsOf(lines)
  const [first] = lines
  if (first === undefined || targets.length === 0) throw new RangeError(`the log has no answered requests${pool === null ? '' : ` of the pool ${pool}; it has ${pools.length === 0 ? 'none at all' : pools.join(', ')}`}`)
  return {
    targets,
    events: [],
    load: { kind: 'replay', at: Float64Array.from(lines, line => line.arrivedAt - first.arrivedAt) },
    keys: null,
    identities: () => new LogIdentities(lines)
  }
}

/** Of each target that answered: what its requests took. Those that were tried more than once, or whose client left, do not tell. */
function targetsOf (lines: readonly LogLine[]): ModelTarget[] {
  const samples = new Map<string, LogLine[]>()
  for (const line of lines) {
    if (line.target === null || line.attempts !== 1 || line.outcome === 'cancelled' || line.outcome === 'tunnel') continue
    const known = samples.get(line.target)
    if (known === undefined) samples.set(line.target, [line])
    else known.push(line)
  }
  return [...samples].map(([url, known]) => ({ url, nature: NATURE, work: random => new LogWork(known, random) }))
}

/** Gives each request what one of the logged ones took, and its status. */
class LogWork implements Work {
  readonly #samples: readonly LogLine[]
  readonly #random: Random
  readonly elastic = false
  status = 200

  constructor (samples: readonly LogLine[], random: Random) {
    this.#samples = samples
    this.#random = random
  }

  draw (): number {
    const sample = this.#samples[Math.floor(this.#random() * this.#samples.length)]
    this.status = sample === undefined || sample.status === 0 ? 502 : sample.status
    return sample?.took ?? 0
  }
}

/** Who asked, by line. */
class LogIdentities implements Identities {
  readonly #lines: readonly LogLine[]

  constructor (lines: readonly LogLine[]) {
    this.#lines = lines
  }

  address (identity: number): string | null {
    return this.#lines[identity]?.client ?? null
  }

  path (identity: number): string {
    return this.#lines[identity]?.path ?? '/'
  }

  key (): undefined {
    return undefined
  }
}
