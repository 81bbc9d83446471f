import type { LoadErrors, LoadResult } from './load.js'

/** Counts what comes of requests. */
export class Tally {
  readonly #latencies: number[] = []
  readonly #served = new Map<string, number>()
  /** By key: how many answers it got from each backend. */
  readonly #byKey = new Map<string, Map<string, number>>()
  readonly #errors: { -readonly [Kind in keyof LoadErrors]: LoadErrors[Kind] } = { non2xx: 0, socket: 0, unanswered: 0, timeouts: 0 }

  /** A whole answer has come. @param latency in milliseconds. */
  answered (status: number, latency: number): void {
    if (status >= 200 && status < 300) this.#latencies.push(latency)
    else this.#errors.non2xx++
  }

  /** The head of an answer has come from this backend, to a request with this key. */
  by (backend: string, key: string): void {
    count(this.#served, backend)
    const backends = this.#byKey.get(key) ?? new Map<string, number>()
    this.#byKey.set(key, backends)
    count(backends, backend)
  }

  failed (kind: keyof LoadErrors, times = 1): void {
    this.#errors[kind] += times
  }

  result (seconds: number): LoadResult {
    const latencies = this.#latencies.sort((a, b) => a - b)
    return { latencies, requestsPerSecond: latencies.length / seconds, errors: { ...this.#errors }, served: this.#served, affinity: this.#affinity() }
  }

  #affinity (): number {
    let all = 0
    let home = 0
    for (const backends of this.#byKey.values()) {
      const counts = [...backends.values()]
      const sum = counts.reduce((total, each) => total + each, 0)
      if (sum < 2) continue
      all += sum
      home += Math.max(...counts)
    }
    return home * 100 / all
  }
}

function count (counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}
