import { fileURLToPath } from 'node:url'
import type { Children } from '../children.js'

const MODULE = fileURLToPath(new URL('./node-backend.js', import.meta.url))

/** Starts Node backends that answer at once, on free ports. @param sizes of bodies, in bytes, that each of them serves under `/SIZE`. @returns their URLs. */
export async function startNodeBackends (children: Children, count: number, sizes: readonly number[]): Promise<string[]> {
  return await Promise.all(Array.from({ length: count }, () => startNodeBackend(children, sizes)))
}

function startNodeBackend (children: Children, sizes: readonly number[]): Promise<string> {
  const child = children.fork(MODULE, sizes.map(String))
  return new Promise((resolve, reject) => {
    child.once('message', (message: { port: number }) => { resolve(`http://127.0.0.1:${message.port}`) })
    child.once('exit', () => { reject(new Error('a backend did not start')) })
    child.once('error', reject)
  })
}
