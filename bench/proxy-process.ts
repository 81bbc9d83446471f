import type { ChildProcess } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Children } from './children.js'
import { root } from './root.js'

/** The program as the build leaves it. */
export const PROGRAM = join(root, 'dist', 'cli.js')

/** How long the program may take until it listens, in milliseconds. */
const START_LIMIT = 10_000
/** Lines of output kept for the error message. */
const KEPT = 20

/** What the benchmarks vary of the proxy's config. */
export interface ProxySetup {
  readonly strategy: string | Readonly<Record<string, unknown>>
  readonly targets: ReadonlyArray<{ readonly url: string, readonly weight: number }>
  /** Further options of the pool. */
  readonly pool?: Readonly<Record<string, unknown>>
}

/** The program under test, running. */
export interface ProxyProcess {
  readonly url: string
  readonly child: ChildProcess
  /** Asks it to end and waits; false = it did not within its time and was killed. */
  end (): Promise<boolean>
}

let count = 0

/**
 * Starts the built program on a free port and waits until it listens.
 * @throws if it is not built, ends, or does not listen in time: with what it said.
 */
export async function startProxy (children: Children, setup: ProxySetup, program = PROGRAM): Promise<ProxyProcess> {
  if (!existsSync(program)) throw new Error(`${program} is not there: build first`)
  const file = join(children.directory, `proxy-${++count}.json`)
  writeFileSync(file, JSON.stringify(config(setup)))
  const child = children.spawn(process.execPath, [program, '--config', file], { stdio: ['ignore', 'pipe', 'pipe'] })
  try {
    return { url: await listening(child), child, end: () => children.end(child) }
  } catch (error) {
    await children.end(child, 'SIGKILL')
    throw error
  }
}

function config (setup: ProxySetup): object {
  return {
    listen: { host: '127.0.0.1', port: 0 },
    log: { level: 'info', access: false },
    pools: { bench: { ...setup.pool, strategy: setup.strategy, targets: setup.targets } },
    routes: [{ prefix: '/', pool: 'bench' }]
  }
}

function listening (child: ChildProcess): Promise<string> {
  const { stdout, stderr } = child
  if (stdout === null || stderr === null) throw new TypeError('the output of the program must be piped')
  return new Promise<string>((resolve, reject) => {
    const said: string[] = []
    const fail = (what: string): void => { reject(new Error([`the proxy ${what}`, ...said].join('\n'))) }
    const timer = setTimeout(() => { fail(`did not listen within ${START_LIMIT} ms`) }, START_LIMIT)
    const keep = (line: string): void => {
      said.push(line)
      if (said.length > KEPT) said.shift()
    }
    createInterface({ input: stderr }).on('line', keep)
    createInterface({ input: stdout }).on('line', line => {
      keep(line)
      const address = addressIn(line)
      if (address === undefined) return
      clearTimeout(timer)
      resolve(address)
    })
    child.once('error', error => { fail(`could not be started: ${error.message}`) })
    child.once('close', status => {
      clearTimeout(timer)
      fail(`ended with status ${status ?? 'none'}`)
    })
  })
}

/** The address of the line that says where the program listens; undefined for any other line. */
export function addressIn (line: string): string | undefined {
  try {
    const entry: unknown = JSON.parse(line)
    if (typeof entry !== 'object' || entry === null || !('msg' in entry) || entry.msg !== 'listening' || !('address' in entry)) return undefined
    return typeof entry.address === 'string' ? entry.address : undefined
  } catch {
    return undefined
  }
}
