import type { Account } from '../../../bench/chaos/accounting.js'

/** A run in which nothing went wrong. */
export const flawless: Account = {
  requests: 1234,
  failedGets: 0,
  failedPosts: 0,
  lateFailures: 0,
  duplicates: 0,
  unseen: 0,
  evicted: Number.NaN,
  back: Number.NaN,
  p99: { before: 10, during: 20, after: 15 },
  inflight: 0,
  failures: new Map()
}
