import { nearest } from '../../config/nearest.js'
import { parseAddress, type TargetAddress } from '../../upstream/address.js'
import { AdminError } from '../admin-error.js'
import type { PoolSnapshot, Snapshot, TargetSnapshot } from '../snapshot.js'

/** The pool of a name. @throws {AdminError} if there is none. */
export function findPool ({ pools }: Snapshot, name: string): PoolSnapshot {
  const pool = pools.find(pool => pool.name === name)
  if (pool === undefined) throw new AdminError(404, `There is no pool ${JSON.stringify(name)}${suggestion(name, pools.map(pool => pool.name))}`)
  return pool
}

/**
 * The target that is meant by its origin (`http://10.0.0.1:3000`, however it is spelt), or by host and port alone.
 * @throws {AdminError} if there is none, or host and port are those of several.
 */
export function findTarget (pool: PoolSnapshot, name: string): TargetSnapshot {
  const { targets } = pool
  const origin = addressOf(name)?.origin ?? name
  const exact = targets.find(target => target.url === origin)
  if (exact !== undefined) return exact
  const meant = targets.filter(({ url }) => namesOf(url).includes(name.toLowerCase()))
  const [first] = meant
  if (first === undefined) throw new AdminError(404, `Pool "${pool.name}" has no target ${JSON.stringify(name)}${suggestion(name, targets.map(target => target.url))}`)
  if (meant.length > 1) throw new AdminError(409, `${JSON.stringify(name)} may be ${meant.map(({ url }) => url).join(' or ')}`)
  return first
}

/** What a target may be called beside its origin: `b.example`, `b.example:443`. */
function namesOf (url: string): string[] {
  const address = addressOf(url)
  if (address === null) return []
  if (address.socketPath !== null) return []
  const { authority, hostname, port } = address
  return [authority, `${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}`]
}

function addressOf (text: string): TargetAddress | null {
  try {
    return parseAddress(text)
  } catch {
    return null
  }
}

function suggestion (name: string, known: readonly string[]): string {
  const meant = nearest(name, known)
  return meant === undefined ? '' : `, did you mean ${JSON.stringify(meant)}?`
}
