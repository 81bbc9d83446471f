import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Children } from '../children.js'
import { startNginx, which } from './binaries.js'
import { startNodeBackends } from './node-backends.js'
import { freePort, reachable } from './ports.js'

/** How many backends each proxy has. */
const COUNT = 3

/** Backends that cost as little as can be had: nginx, or else Node. Each serves bodies of the given sizes under `/SIZE`. */
export async function startBackends (children: Children, sizes: readonly number[]): Promise<{ kind: string, urls: string[] }> {
  if (which('nginx') === undefined) return { kind: 'Node', urls: await startNodeBackends(children, COUNT, sizes) }
  const ports = await Promise.all(Array.from({ length: COUNT }, freePort))
  for (const size of sizes) writeFileSync(join(children.directory, String(size)), Buffer.alloc(size, 'x'))
  const small = JSON.stringify({ hello: 'world', padding: 'x'.repeat(64) })
  startNginx(children, 'backends', `keepalive_timeout 600s;
  server {
    ${ports.map(port => `listen 127.0.0.1:${port};`).join(' ')}
    default_type application/json;
    location / { return 200 '${small}'; }
    ${sizes.map(size => `location = /${size} { root ${children.directory}; }`).join('\n    ')}
  }`)
  const urls = ports.map(port => `http://127.0.0.1:${port}`)
  await Promise.all(urls.map(reachable))
  return { kind: 'nginx', urls }
}
