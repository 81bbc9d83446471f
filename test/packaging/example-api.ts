import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { ROOT } from './repository.js'

interface Teardown { teardown (fn: () => Promise<void> | void): void }

export interface ExampleApi {
  readonly url: string
  /** Sends SIGTERM and resolves with the exit status. */
  stop (): Promise<number | null>
}

/**
 * Starts the API of the examples as its container does, on loopback.
 * @param env variables that the container is given, besides its name.
 */
export async function startExampleApi (t: Teardown, name: string, env: Readonly<Record<string, string>>): Promise<ExampleApi> {
  const child = spawn(process.execPath, ['server.mjs'], {
    cwd: join(ROOT, 'examples/compose/api'),
    env: { PATH: process.env['PATH'], HOST: '127.0.0.1', PORT: '0', HOSTNAME: name, ...env },
    stdio: ['ignore', 'pipe', 'inherit']
  })
  const closed = once(child, 'close')
  t.teardown(async () => {
    child.kill('SIGKILL')
    await closed
  })
  const lines = createInterface(child.stdout)
  const url = await new Promise<string>((resolve, reject) => {
    lines.on('line', line => {
      const [address] = /http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? []
      if (address !== undefined) resolve(address)
    })
    closed.then(() => { reject(new Error(`${name} ended before it listened`)) }, reject)
  })
  return {
    url,
    stop: async () => {
      child.kill('SIGTERM')
      // The event's first argument.
      const [code] = await closed as [number | null]
      return code
    }
  }
}
