import autocannon from 'autocannon'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Children } from '../children.js'
import { which } from './binaries.js'
import type { PeerLoad } from './loads.js'

/** What a load generator saw. */
export interface Seen {
  /** Answers, of any status. */
  readonly requests: number
  readonly requestsPerSecond: number
  /** Milliseconds. */
  readonly p99: number
  /** Answers other than 2xx, connections that failed. */
  readonly errors: number
}

/** Puts one kind of load on one URL. */
export interface Generator {
  readonly name: string
  run (url: string, load: PeerLoad, seconds: number): Promise<Seen>
}

/**
 * wrk, which leaves most of the processor to the proxy, or else autocannon.
 * @param connections at most; a load may want fewer.
 */
export function chooseGenerator (children: Children, connections: number): Generator {
  const wrk = which('wrk')
  return wrk === undefined ? autocannonGenerator(connections) : wrkGenerator(wrk, children, connections)
}

function wrkGenerator (wrk: string, children: Children, connections: number): Generator {
  return {
    name: 'wrk',
    async run (url, load, seconds) {
      const script = join(children.directory, `${load.name}.lua`)
      writeFileSync(script, wrkScript(load))
      const args = ['-t1', `-c${Math.min(connections, load.connections)}`, `-d${seconds}s`, '-s', script, url + load.path]
      return readWrk(await children.output(wrk, args))
    }
  }
}

/** wrk's own text rounds; its script can print what it counted. */
function wrkScript (load: PeerLoad): string {
  return `wrk.method = "${load.method}"
${load.body === 0 ? '' : `wrk.body = string.rep("x", ${load.body})\nwrk.headers["Content-Type"] = "application/octet-stream"\n`}
function done (summary, latency)
  local e = summary.errors
  print(string.format("result %d %d %f %d", summary.requests, summary.duration, latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
end
`
}

/** Reads the line that our script prints: requests, microseconds, p99 in microseconds, errors. */
export function readWrk (text: string): Seen {
  const [, requests, duration, p99, errors] = /^result (\S+) (\S+) (\S+) (\S+)$/m.exec(text) ?? []
  if (requests === undefined) throw new Error(`wrk did not say what it did:\n${text}`)
  return {
    requests: Number(requests),
    requestsPerSecond: Number(requests) * 1e6 / Number(duration),
    p99: Number(p99) / 1000,
    errors: Number(errors)
  }
}

function autocannonGenerator (connections: number): Generator {
  return {
    name: 'autocannon',
    async run (url, load, seconds) {
      const body = load.body === 0 ? {} : { body: 'x'.repeat(load.body), headers: { 'content-type': 'application/octet-stream' } }
      const result = await autocannon({ url: url + load.path, method: load.method, connections: Math.min(connections, load.connections), duration: seconds, ...body })
      return {
        requests: result.requests.total,
        requestsPerSecond: result.requests.total / result.duration,
        p99: result.latency.p99,
        errors: result.errors + result.non2xx
      }
    }
  }
}
