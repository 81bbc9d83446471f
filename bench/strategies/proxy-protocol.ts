import type { PoolTarget } from './fleet.js'

/** What the process of the proxy is told. */
export type ProxyOrder =
  /** @param entry the built package's main module, as a URL. */
  | { readonly order: 'start', readonly entry: string, readonly config: object }
  /** The pool's new targets, all of them. */
  | { readonly order: 'targets', readonly targets: readonly PoolTarget[] }

/** What it answers to each. */
export type ProxyAnswer =
  | { readonly answer: 'listening', readonly url: string }
  | { readonly answer: 'done' }
  | { readonly answer: 'failed', readonly reason: string }

/** The one pool's name. */
export const POOL = 'bench'
