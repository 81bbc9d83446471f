import { prefixCharacters } from '../proxy/prefix-characters.js'
import type { RouteConfig } from '../proxy/route-config.js'

/** What people call a route: `GET,POST shop.example/api`. No two routes of a config have the same. */
export function routeName ({ host, prefix, methods }: Pick<RouteConfig, 'host' | 'prefix' | 'methods'>): string {
  return `${methods === null ? '' : `${methods.join(',')} `}${host ?? ''}${prefixCharacters(prefix)}`
}
