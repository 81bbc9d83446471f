/** Hears of requests that come to no route, each once. */
export interface Strays {
  /** One that no route is for. */
  unrouted (): void
  /** One that can not be read, or that may not be served: it gets 400, 405, 408, 413, 431, 501 or 505; or 503, if no worker process could take its connection. */
  refused (): void
}
