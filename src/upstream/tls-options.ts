/** How a pool's connections are secured; only `https:` targets use it. */
export interface TlsOptions {
  /** Verify the target's certificate. Default true. */
  readonly verify?: boolean
  /** Name sent as SNI and expected in the certificate; default the target's hostname. */
  readonly serverName?: string
  /** PEM texts. */
  readonly ca?: string
  readonly certificate?: string
  readonly key?: string
}
