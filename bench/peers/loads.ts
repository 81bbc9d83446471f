/** One kind of traffic. */
export interface PeerLoad {
  readonly name: string
  readonly method: 'GET' | 'POST'
  readonly path: string
  /** Bytes of the request body; 0 = none. */
  readonly body: number
  /** At most so many: what is under way at the end of a round costs time and is not counted, so large responses want few. */
  readonly connections: number
}

/** Sizes of the larger responses, in bytes. */
export const sizes: readonly number[] = [100_000, 10_000_000]

export const loads: readonly PeerLoad[] = [
  { name: 'small', method: 'GET', path: '/', body: 0, connections: Infinity },
  { name: 'post', method: 'POST', path: '/', body: 10_240, connections: Infinity },
  { name: '100k', method: 'GET', path: '/100000', body: 0, connections: Infinity },
  { name: '10m', method: 'GET', path: '/10000000', body: 0, connections: 8 }
]
