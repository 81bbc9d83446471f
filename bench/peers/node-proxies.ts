import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import { root } from '../root.js'
import type { Peer } from './peer.js'

const MODULE = fileURLToPath(new URL('./node-proxy.js', import.meta.url))

/** Node packages, each in front of the backends in the plainest way its own documentation shows. */
export const nodePeers: readonly Peer[] = ['@fastify/http-proxy', 'http-proxy', 'fast-proxy'].map(name => ({
  name,
  missing: ({ modules }) => resolvePackage(name, modules) === undefined ? 'not installed' : undefined,
  start: ({ children, port, backends, modules }) => Promise.resolve({
    child: children.spawn(process.execPath, [MODULE, name, modules, String(port), ...backends], { stdio: ['ignore', 'ignore', 'inherit'] }),
    url: `http://127.0.0.1:${port}`
  })
}))

/** The entry file of a package as this package finds it, or else as a module in `directory` would; undefined if neither does. */
export function resolvePackage (name: string, directory: string): string | undefined {
  for (const place of [root, directory]) {
    try {
      return createRequire(join(place, 'package.json')).resolve(name)
    } catch {
      // Not from here.
    }
  }
  return undefined
}
