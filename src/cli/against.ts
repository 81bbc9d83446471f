import { request as httpRequest, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { text } from 'node:stream/consumers'
import { systemClock } from '../base/clock.js'
import { configDifference } from '../config/difference.js'

/** Milliseconds for an admin listener to answer. */
const LONGEST = 5000

/** What a reload refuses to change. */
const FIXED = /^changes (?:admin|workers)\b/

/**
 * What a config would change of the one that a proxy runs, in words.
 * @param url of the proxy's admin listener, `unix:/run/admin.sock` included.
 * @throws {Error} if it can't be asked.
 */
export async function against (url: string, described: object, token: string | undefined): Promise<readonly string[]> {
  const { status, body } = await ask(url, token).catch((error: unknown) => {
    throw systemError(`cannot ask ${url}: ${error instanceof Error ? error.message : String(error)}`)
  })
  if (status !== 200) throw systemError(`${url} answers ${status}${status === 401 ? ': give the admin token with --token or HEADRACE_ADMIN_TOKEN' : ''}`)
  const running = parsed(body)
  if (typeof running !== 'object' || running === null) throw systemError(`${url} gives no config: it is no admin listener`)
  return configDifference(running, described).map(line => FIXED.test(line) ? `${line} (only by a restart: a reload of this file is refused)` : line)
}

/** Not with `fetch`: it takes no Unix sockets, and no ports that browsers do not. */
function ask (url: string, token: string | undefined): Promise<{ readonly status: number, readonly body: string }> {
  return new Promise((resolve, reject) => {
    const place = placeOf(url)
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const request = (place.protocol === 'https:' ? httpsRequest : httpRequest)({ ...place, agent: false, headers }, response => {
      text(response).then(body => { resolve({ status: response.statusCode ?? 0, body }) }, reject)
    })
    const deadline = systemClock.after(LONGEST, () => { request.destroy(new Error(`no answer within ${LONGEST / 1000} s`)) })
    request.on('error', reject)
    request.once('close', () => { deadline.cancel() })
    request.end()
  })
}

/** @throws {Error} if nobody can be asked there. */
function placeOf (url: string): RequestOptions {
  if (url.startsWith('unix:')) return { socketPath: url.slice('unix:'.length), host: 'localhost', path: '/config' }
  const { protocol, hostname, port, pathname } = URL.canParse(url) ? new URL(url) : { protocol: '', hostname: '', port: '', pathname: '' }
  if (protocol !== 'http:' && protocol !== 'https:') throw new Error('expected a URL such as http://127.0.0.1:9090 or unix:/run/admin.sock')
  return { protocol, hostname: hostname.replace(/^\[|\]$/g, ''), ...(port !== '' && { port }), path: `${pathname.replace(/\/$/, '')}/config` }
}

function parsed (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** One whose message says enough. */
function systemError (message: string): Error {
  return Object.assign(new Error(message), { code: 'EADMIN', syscall: 'ask' })
}
