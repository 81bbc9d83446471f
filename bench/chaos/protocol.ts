/** What a backend does with requests. */
export type Mode =
  /** Answers after some milliseconds. */
  | 'normal'
  /** Accepts, reads and never answers; health checks neither. */
  | 'blackhole'
  /** Resets every other connection at once and the rest when a request has arrived. */
  | 'reset'
  /** Sends a byte each 50 ms: heads and bodies in turn. */
  | 'trickle'
  /** Answers 500 at once, but is well if its health check asks. */
  | 'error-500'
  /** The same with 503. */
  | 'error-503'
  /** Closes connections that rest, without having said so. */
  | 'idle-close'
  /** Does not listen; open connections are cut. */
  | 'down'

/** What a backend does on SIGTERM. */
export type Shutdown =
  /** Ends there and then, as a program does that never thought of it. */
  | 'abrupt'
  /** Stops listening, finishes what is under way, ends. */
  | 'close'
  /** Has our plugin for backends. */
  | 'cooperative'

/** What a backend is told. */
export type Order =
  | { readonly mode: Mode }
  | { readonly ask: 'open' }

/** What a backend says. */
export type Report =
  | { readonly port: number }
  | { readonly mode: Mode }
  /** Requests it has neither answered nor lost. */
  | { readonly open: number }

/** What the process of our own proxy is asked. */
export type ProxyQuestion = 'inflight' | 'resources'

/** What the process of our own proxy says. */
export type ProxyReport =
  | { readonly url: string }
  /** Requests in flight over all pools, and requests that wait. */
  | { readonly inflight: number }
  | { readonly resources: ProxyResources }

/** What the process of our own proxy holds. Bytes; `heap` is what is left after a collection, if the process may ask for one. */
export interface ProxyResources {
  readonly heap: number
  /** Buffers and whatever else lies outside the heap. */
  readonly external: number
  readonly rss: number
  /** Open file descriptors: each socket is one, an idle connection's too. */
  readonly files: number
  /** What keeps the event loop alive, counted by kind. */
  readonly active: Readonly<Record<string, number>>
  readonly inflight: number
}
