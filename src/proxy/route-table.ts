import type { Route } from './route.js'
import { depth, resolveDots, type RoutingPath } from './routing-path.js'
import type { Strays } from './strays.js'

/** The routes of one host: by prefix, each with those that differ in methods. */
class HostRoutes {
  readonly #byPrefix = new Map<string, Route[]>()
  #deepest = 0

  add (route: Route): void {
    const { prefix } = route.config
    const same = this.#byPrefix.get(prefix)
    if (same === undefined) this.#byPrefix.set(prefix, [route])
    else same.push(route)
    // A route for named methods is more exact than one for all.
    same?.sort((a, b) => Number(a.config.methods === null) - Number(b.config.methods === null))
    this.#deepest = Math.max(this.#deepest, depth(prefix))
  }

  /** The route with the longest prefix that matches whole segments. */
  match (path: string, method: string): Route | null {
    for (let prefix = this.#longest(path); ; prefix = parent(prefix)) {
      const routes = this.#byPrefix.get(prefix)
      if (routes !== undefined) {
        for (const route of routes) if (route.accepts(method)) return route
      }
      if (prefix === '/') return null
    }
  }

  /** As much of the path as the deepest prefix could cover. */
  #longest (path: string): string {
    let end = 0
    for (let segments = 0; segments < this.#deepest && end !== -1; segments++) end = path.indexOf('/', end + 1)
    if (end === 0) return '/'
    const prefix = end === -1 ? path : path.slice(0, end)
    return prefix.length > 1 && prefix.endsWith('/') ? prefix.slice(0, -1) : prefix
  }
}

function parent (prefix: string): string {
  const slash = prefix.lastIndexOf('/')
  return slash <= 0 ? '/' : prefix.slice(0, slash)
}

/**
 * Finds the route of a request: the routes of its host first (exact, then the longest `*.` pattern), then those for any
 * host; among them the longest prefix wins.
 */
export class RouteTable {
  readonly #exact = new Map<string, HostRoutes>()
  readonly #wildcard = new Map<string, HostRoutes>()
  readonly #anyHost = new HostRoutes()

  /** Is there anything that a climbing path could reach and should not: another route, or what lies beside a rewritten prefix? */
  readonly #guards: boolean
  readonly strays: Strays | undefined

  constructor (routes: readonly Route[], strays?: Strays) {
    this.strays = strays
    this.#guards = routes.length > 1 || routes.some(({ config }) => config.prefix !== '/' || config.rewritePrefix !== null)
    for (const route of routes) this.#routesOf(route.config.host).add(route)
  }

  match (host: string, path: string, method: string): Route | null {
    return this.#exact.get(host)?.match(path, method) ?? this.#matchWildcard(host, path, method) ?? this.#anyHost.match(path, method)
  }

  /**
   * May the path lead out of the route it matched, once a target resolves its dot segments? Such a request could reach what
   * another route guards, or what lies beside a rewritten prefix (GHSA-qmw8-3v4g-gwj4, GHSA-c4qr-gmr9-v23w).
   */
  escapes (route: Route, host: string, routing: RoutingPath, method: string): boolean {
    if (routing.dots === 'none') return false
    if (routing.dots === 'unclear' && this.#guards) return true
    const resolved = resolveDots(routing.path, depth(route.config.prefix))
    return resolved === null || this.match(host, resolved, method) !== route
  }

  #routesOf (host: string | null): HostRoutes {
    if (host === null) return this.#anyHost
    const [map, key] = host.startsWith('*.') ? [this.#wildcard, host.slice(1)] : [this.#exact, host]
    let routes = map.get(key)
    if (routes === undefined) {
      routes = new HostRoutes()
      map.set(key, routes)
    }
    return routes
  }

  #matchWildcard (host: string, path: string, method: string): Route | null {
    if (this.#wildcard.size === 0) return null
    for (let dot = host.indexOf('.'); dot !== -1; dot = host.indexOf('.', dot + 1)) {
      const route = this.#wildcard.get(host.slice(dot))?.match(path, method)
      if (route !== undefined && route !== null) return route
    }
    return null
  }
}
