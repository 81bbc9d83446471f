/** What pools take from the config beside their own part of it. */
export interface PoolSettings {
  /** Where this proxy is; null = it does not matter. */
  readonly zone: string | null
  /** Milliseconds. */
  readonly timeouts: { readonly connect: number, readonly tls: number }
}
