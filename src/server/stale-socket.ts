import { lstat, unlink } from 'node:fs/promises'
import { connect } from 'node:net'

/**
 * Removes the file of a Unix socket on which nobody listens any more: a process that was killed leaves it behind, and it would keep
 * the next one from listening. A socket in use, or a file of another kind, stays.
 */
export async function removeStaleSocket (path: string): Promise<void> {
  if (await isSocket(path) && !await answers(path)) await unlink(path)
}

async function isSocket (path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isSocket()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
    throw error
  }
}

/** Does somebody listen there? */
export function answers (path: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ path })
    socket.once('connect', () => { socket.destroy(); resolve(true) })
    // Only a refusal proves that nobody is there; anything else is left for `listen` to report.
    socket.once('error', (error: NodeJS.ErrnoException) => { resolve(error.code !== 'ECONNREFUSED') })
  })
}
