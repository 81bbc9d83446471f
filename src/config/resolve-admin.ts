import { resolve as resolvePath } from 'node:path'
import { adminDefaults, type AdminInput } from './admin-schema.js'
import type { AdminConfig } from './config.js'

/** Fills in an `admin` that has been checked; null = there is no admin listener. */
export function resolveAdmin (input: AdminInput | undefined, directory: string): AdminConfig | null {
  if (input === undefined) return null
  const { token = '', ...address } = input
  return {
    address: 'path' in address ? { path: resolvePath(directory, address.path) } : { ...adminDefaults, ...address },
    token: token === '' ? null : token
  }
}
