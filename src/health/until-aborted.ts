/**
 * Runs a piece of work that ends in a callback. The first of `pass`, `fail` and the signal's abort decides; whichever it is,
 * the clean-up that `begin` returned has run when the promise settles.
 */
export function untilAborted<T = void> (
  signal: AbortSignal,
  begin: (pass: (result: T) => void, fail: (reason: unknown) => void) => () => void
): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    let ended = false
    let cleanUp: (() => void) | null = null
    const end = (): boolean => {
      if (ended) return false
      ended = true
      signal.removeEventListener('abort', aborted)
      cleanUp?.()
      return true
    }
    const fail = (reason: unknown): void => { if (end()) reject(reason) }
    const aborted = (): void => { fail(signal.reason) }
    signal.addEventListener('abort', aborted)
    try {
      cleanUp = begin(result => { if (end()) resolve(result) }, fail)
    } catch (error) {
      fail(error)
    }
    // It may have ended before there was anything to clean up.
    if (ended) cleanUp?.()
  })
}
