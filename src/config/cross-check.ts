import { resolve } from 'node:path'
import { stickyDefaults } from '../balancing/sticky-options.js'
import type { ConfigFault } from '../base/errors.js'
import { socketPathFault } from '../base/socket-path.js'
import { adaptiveLimitDefaults } from '../upstream/adaptive-limit-schema.js'
import { parseAddress } from '../upstream/address.js'
import { adminFaults } from './admin-schema.js'
import { canonicalHost } from './host-rules.js'
import { nearest } from './nearest.js'
import { prefixFault, withoutTrailingSlash } from './path-rules.js'
import { elements, entries, isRecord, placeText, type Place } from './place.js'

/**
 * What is wrong between parts of a document that may each be fine. It looks at documents of any form, so that these
 * faults are told together with those of form, and passes over what has the wrong one.
 * @param directory what relative paths are relative to.
 */
export function crossCheck (document: unknown, directory = ''): readonly ConfigFault[] {
  if (!isRecord(document)) return []
  const checker = new CrossChecker(directory)
  checker.listen(document['listen'])
  for (const [name, pool] of entries(document['pools'])) if (isRecord(pool)) checker.pool(pool, ['pools', name])
  checker.cookies(document['pools'], document['routes'])
  checker.admin(document['admin'])
  checker.routes(document['routes'], isRecord(document['pools']) ? Object.keys(document['pools']) : null)
  return checker.faults
}

class CrossChecker {
  readonly faults: ConfigFault[] = []
  readonly #directory: string

  constructor (directory: string) {
    this.#directory = directory
  }

  listen (listen: unknown): void {
    const seen = new Set<string>()
    if (isRecord(listen)) this.#socketPath(listen['path'], ['listen', 'path'])
    elements(listen).forEach((address, index) => {
      if (!isRecord(address) || address['port'] === 0) return
      const { host, port, path } = address
      const file = this.#socketPath(path, ['listen', index, 'path'])
      // What is no path has its fault already.
      if (path !== undefined && file === null) return
      if (this.#repeats(seen, JSON.stringify([host, port, file]))) this.#fault(['listen', index], 'is in the list already')
    })
  }

  admin (admin: unknown): void {
    this.faults.push(...adminFaults(admin))
    if (isRecord(admin)) this.#socketPath(admin['path'], ['admin', 'path'])
  }

  /** The file that a `path` stands for; null if it is none. */
  #socketPath (path: unknown, place: Place): string | null {
    if (typeof path !== 'string' || path === '' || path.includes('\0')) return null
    const file = resolve(this.#directory, path)
    const fault = socketPathFault(file)
    if (fault !== null) this.#fault(place, fault)
    return file
  }

  pool (pool: Readonly<Record<string, unknown>>, place: Place): void {
    this.#targets(pool, place)
    const { healthCheck, tls, adaptiveLimit } = pool
    if (isRecord(adaptiveLimit)) this.#adaptiveLimit(adaptiveLimit, [...place, 'adaptiveLimit'])
    if (isRecord(healthCheck) && healthCheck['method'] === 'HEAD' && 'bodyContains' in healthCheck) {
      this.#fault([...place, 'healthCheck', 'bodyContains'], 'the answer to HEAD has no body')
    }
    if (isRecord(tls) && 'certificate' in tls !== 'key' in tls) {
      const [given, missing] = 'key' in tls ? ['key', 'certificate'] : ['certificate', 'key']
      this.#fault([...place, 'tls', missing], `required with "${given}"`)
    }
  }

  #adaptiveLimit (limit: Readonly<Record<string, unknown>>, place: Place): void {
    const { min = adaptiveLimitDefaults.min, max = adaptiveLimitDefaults.max } = limit
    if (typeof min === 'number' && typeof max === 'number' && min > max) {
      this.#fault([...place, 'max' in limit ? 'max' : 'min'], `"min" (${min}) is above "max" (${max})`)
    }
  }

  #targets (pool: Readonly<Record<string, unknown>>, place: Place): void {
    const seen = new Map<string, number>()
    const urls = elements(pool['targets']).map(target => isRecord(target) ? target['url'] : target)
    const addresses = urls.map(address)
    addresses.forEach((target, index) => {
      if (target === null) return
      const first = seen.get(target.origin)
      if (first === undefined) seen.set(target.origin, index)
      else this.#fault([...place, 'targets', index], `${target.origin} is in this pool already: ${placeText(['targets', first])}`)
    })
    elements(pool['targets']).forEach((target, index) => {
      if (isRecord(target) && 'backup' in target && 'priority' in target) this.#fault([...place, 'targets', index, 'backup'], 'cannot go together with "priority": it stands for a priority of 1')
    })
    const allPlain = addresses.every(target => target?.protocol === 'http:')
    if ('tls' in pool && allPlain && addresses.length > 0) this.#fault([...place, 'tls'], 'has no effect: no target of this pool is https:')
  }

  /** The cookie of one pool names none of another's targets: where both use the same one, each response takes the client from its target in the other. */
  cookies (pools: unknown, routes: unknown): void {
    const jars = new Map<string, Array<{ readonly pool: string, readonly origins: string }>>()
    for (const [pool, { strategy, targets }] of entries(pools).flatMap(([name, value]) => isRecord(value) ? [[name, value] as const] : [])) {
      const cookie = cookieOf(strategy)
      const origins = originsOf(targets)
      if (cookie === null || origins === null) continue
      const others = jars.get(cookie.id) ?? []
      jars.set(cookie.id, [...others, { pool, origins }])
      const rival = others.find(other => other.origins !== origins && (cookie.crossesHosts || meetOnHost(hostsOf(routes, pool), hostsOf(routes, other.pool))))
      if (rival !== undefined) {
        this.#fault(['pools', pool, 'strategy', 'cookie'], `${JSON.stringify(cookie.name)} is the cookie of pool ${rival.pool} too, whose targets are others: give it another name`)
      }
    }
  }

  routes (routes: unknown, pools: readonly string[] | null): void {
    if (routes === undefined && pools !== null && pools.length > 1) {
      this.#fault(['routes'], 'required, as there is more than one pool')
    }
    const matchers: Array<Matcher | null> = []
    elements(routes).forEach((route, index) => {
      if (!isRecord(route)) return
      this.#route(route, ['routes', index], pools)
      const matcher = matcherOf(route)
      const rival = matcher === null ? -1 : matchers.findIndex(other => other !== null && collide(matcher, other))
      if (rival !== -1) this.#fault(['routes', index], `is for the same host, prefix and methods as routes[${rival}]`)
      matchers[index] = matcher
    })
  }

  #route (route: Readonly<Record<string, unknown>>, place: Place, pools: readonly string[] | null): void {
    const { pool, headers } = route
    if (typeof pool === 'string' && pools !== null && !pools.includes(pool)) {
      const meant = nearest(pool, pools) ?? (pools.length === 1 ? pools[0] : undefined)
      this.#fault([...place, 'pool'], `there is no pool ${JSON.stringify(pool)}${meant === undefined ? '' : `, did you mean "${meant}"?`}`)
    }
    if (route['stripPrefix'] === true && 'rewritePrefix' in route) {
      this.#fault([...place, 'rewritePrefix'], 'cannot go together with "stripPrefix": "rewritePrefix" alone replaces the prefix')
    }
    for (const [direction, rules] of entries(headers)) if (isRecord(rules)) this.#headers(rules, [...place, 'headers', direction])
  }

  #headers ({ set, remove }: Readonly<Record<string, unknown>>, place: Place): void {
    const seen = new Set<string>()
    for (const [name] of entries(set)) {
      if (this.#repeats(seen, name.toLowerCase())) this.#fault([...place, 'set', name], 'is set already, in another spelling')
    }
    elements(remove).forEach((name, index) => {
      if (typeof name === 'string' && this.#repeats(seen, name.toLowerCase())) this.#fault([...place, 'remove', index], 'is set or removed already')
    })
  }

  #repeats (seen: Set<string>, key: string): boolean {
    const repeats = seen.has(key)
    seen.add(key)
    return repeats
  }

  #fault (place: Place, message: string): void {
    this.faults.push({ path: placeText(place), message })
  }
}

function address (url: unknown): { readonly origin: string, readonly protocol: string } | null {
  if (typeof url !== 'string') return null
  try {
    return parseAddress(url)
  } catch {
    return null
  }
}

/** What browsers tell the cookie of a sticky strategy by (RFC 6265, section 5.3); null if it is another strategy, or faulty itself. */
function cookieOf (strategy: unknown): { readonly name: string, readonly id: string, readonly crossesHosts: boolean } | null {
  const { name: kind, cookie = stickyDefaults.cookie, path = stickyDefaults.path, domain = '' } = isRecord(strategy) ? strategy : {}
  if (kind !== 'sticky' || typeof cookie !== 'string' || typeof path !== 'string' || typeof domain !== 'string') return null
  return { name: cookie, id: JSON.stringify([cookie, path, domain.toLowerCase()]), crossesHosts: domain !== '' }
}

/** The hosts of a pool's routes; null among them = any. */
function hostsOf (routes: unknown, pool: string): ReadonlyArray<string | null> {
  return elements(routes).filter(isRecord).filter(route => route['pool'] === pool).map(({ host }) => typeof host === 'string' ? canonicalHost(host) : null)
}

/** Can a client reach both by one name? */
function meetOnHost (some: ReadonlyArray<string | null>, others: ReadonlyArray<string | null>): boolean {
  return some.some(a => others.some(b => a === null || b === null || a === b || (a.startsWith('*.') && b.endsWith(a.slice(1))) || (b.startsWith('*.') && a.endsWith(b.slice(1)))))
}

/** The origins of a pool, in one text whatever their order; null if one is faulty itself, or there are none. */
function originsOf (targets: unknown): string | null {
  const origins = elements(targets).map(target => address(isRecord(target) ? target['url'] : target)?.origin)
  return origins.length === 0 || origins.includes(undefined) ? null : JSON.stringify([...new Set(origins)].sort())
}

interface Matcher {
  readonly host: string
  readonly prefix: string
  readonly methods: readonly unknown[] | null
}

/** What a route matches; null if its matcher is faulty itself. */
function matcherOf ({ host, prefix, methods }: Readonly<Record<string, unknown>>): Matcher | null {
  const name = host === undefined ? '' : typeof host === 'string' ? canonicalHost(host) : null
  if (name === null || typeof prefix !== 'string' || prefixFault(prefix) !== null) return null
  if (methods !== undefined && !Array.isArray(methods)) return null
  return { host: name, prefix: withoutTrailingSlash(prefix), methods: methods ?? null }
}

/** A route for all methods beside one for some is meant: the more exact one wins. */
function collide (a: Matcher, b: Matcher): boolean {
  if (a.host !== b.host || a.prefix !== b.prefix) return false
  if (a.methods === null || b.methods === null) return a.methods === b.methods
  return a.methods.some(method => b.methods?.includes(method))
}
