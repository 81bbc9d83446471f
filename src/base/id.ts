import { randomUUID } from 'node:crypto'

/** A new unique name, for a request that came without one. */
export function newId (): string {
  return randomUUID()
}
