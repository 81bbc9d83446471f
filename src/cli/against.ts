import { configDifference } from '../config/difference.js'

/**
 * What a config would change of the one that a proxy runs, in words.
 * @param url of the proxy's admin listener.
 * @throws {Error} if it can't be asked.
 */
export async function against (url: string, described: object, token: string | undefined): Promise<readonly string[]> {
  if (!URL.canParse('/config', url)) throw systemError(`--against takes a URL such as http://127.0.0.1:9090, got ${JSON.stringify(url)}`)
  const response = await fetch(new URL('/config', url), { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } }).catch((error: unknown) => {
    throw systemError(`cannot ask ${url}: ${error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)}`)
  })
  if (!response.ok) throw systemError(`${url} answers ${response.status}${response.status === 401 ? ': give the admin token with --token or HEADRACE_ADMIN_TOKEN' : ''}`)
  const running: unknown = await response.json().catch(() => null)
  if (typeof running !== 'object' || running === null) throw systemError(`${url} gives no config: it is no admin listener`)
  return configDifference(running, described)
}

/** One whose message says enough. */
function systemError (message: string): Error {
  return Object.assign(new Error(message), { code: 'EADMIN', syscall: 'ask' })
}
