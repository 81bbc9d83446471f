import { isDeepStrictEqual } from 'node:util'
import { Secret } from './describe.js'
import { entries, isRecord } from './place.js'

type Described = Readonly<Record<string, unknown>>

/** Values with more characters are cut. */
const LONGEST_TEXT = 200

/**
 * What another config would change, in words, one line for each thing: "pool api: removes 2 targets (http://…, http://…)".
 * @param from and `to` as `describeConfig` makes them, so that a difference of spelling is none; or both as `comparableConfig` does, to hear of secrets, too.
 */
export function configDifference (from: object, to: object): readonly string[] {
  const before: Described = { ...from }
  const after: Described = { ...to }
  return [
    ...pools(before['pools'], after['pools']),
    ...routes(list(before['routes']), list(after['routes'])),
    ...others('', before, after, new Set(['pools', 'routes']))
  ]
}

function pools (from: unknown, to: unknown): readonly string[] {
  const before = new Map(entries(from))
  const after = new Map(entries(to))
  return [
    ...[...before.keys()].filter(name => !after.has(name)).map(name => `removes pool ${name}`),
    ...[...after.keys()].filter(name => !before.has(name)).map(name => `adds pool ${name}`),
    ...[...after].flatMap(([name, pool]) => before.has(name) ? onePool(name, before.get(name), pool) : [])
  ]
}

function onePool (name: string, from: unknown, to: unknown): readonly string[] {
  if (!isRecord(from) || !isRecord(to)) return []
  const before = targetsOf(from)
  const after = targetsOf(to)
  const removed = [...before.keys()].filter(url => !after.has(url))
  const added = [...after.keys()].filter(url => !before.has(url))
  const changed = [...after].flatMap(([url, target]) => {
    const old = before.get(url)
    return old === undefined ? [] : others(`target ${url}`, old, target, new Set(['url']))
  })
  const [urls, untouched] = [[...after.keys()], [...[...before.keys()].filter(url => after.has(url)), ...added]]
  const strategy = isDeepStrictEqual(from['strategy'], to['strategy']) ? [] : [changedStrategy(text(from['strategy']), text(to['strategy']))]
  return [
    ...(removed.length === 0 ? [] : [`removes ${counted(removed)}`]),
    ...(added.length === 0 ? [] : [`adds ${counted(added)}`]),
    ...strategy,
    ...(goesByOrder(to['strategy']) && !isDeepStrictEqual(urls, untouched) ? [`changes the order of targets to ${cut(urls.join(', '))}`] : []),
    ...changed,
    ...others('', from, to, new Set(['targets', 'strategy']))
  ].map(line => `pool ${name}: ${line}`)
}

function changedStrategy (from: string, to: string): string {
  // They read the same where only a secret in them has changed, or what is cut off.
  return from === to ? `changes the strategy ${to} in what is not shown` : `changes the strategy from ${from} to ${to}`
}

function targetsOf (pool: Described): Map<string, Described> {
  return new Map(list(pool['targets']).filter(isRecord).map(target => [String(target['url']), target]))
}

/** Does it matter to a strategy which target comes first? It may to one of the user's own. */
function goesByOrder (strategy: unknown): boolean {
  if (!isRecord(strategy)) return strategy === 'first-available'
  return strategy['name'] === 'first-available' || 'module' in strategy || goesByOrder(strategy['strategy'])
}

function routes (from: readonly unknown[], to: readonly unknown[]): readonly string[] {
  const before = new Map(from.filter(isRecord).map(route => [routeName(route), route]))
  const after = new Map(to.filter(isRecord).map(route => [routeName(route), route]))
  return [
    ...[...before.keys()].filter(name => !after.has(name)).map(name => `removes route ${name}`),
    ...[...after.keys()].filter(name => !before.has(name)).map(name => `adds route ${name}`),
    ...[...after].flatMap(([name, route]) => {
      const old = before.get(name)
      return old === undefined ? [] : others(`route ${name}`, old, route, new Set(['host', 'prefix', 'methods']))
    })
  ]
}

/** What a route matches, for people: `GET,POST shop.example/api`, whichever method was written first. */
function routeName ({ host, prefix, methods }: Readonly<Record<string, unknown>>): string {
  return `${Array.isArray(methods) ? `${methods.map(String).sort().join(',')} ` : ''}${typeof host === 'string' ? host : ''}${String(prefix)}`
}

/** Keys that differ, each with its values before and after unless they have several lines, as certificates do; objects key by key. */
function others (where: string, from: Described, to: Described, without: ReadonlySet<string>): readonly string[] {
  return [...new Set([...Object.keys(from), ...Object.keys(to)])].filter(key => !without.has(key)).flatMap(key => {
    const [before, after] = [from[key], to[key]]
    if (isDeepStrictEqual(before, after)) return []
    const name = where === '' ? key : where.startsWith('target ') || where.startsWith('route ') ? `${where}: ${key}` : `${where}.${key}`
    if (before instanceof Secret || after instanceof Secret) return [`changes ${name}`]
    if (isRecord(before) && isRecord(after)) return others(name, before, after, new Set())
    if (hasLines(before) || hasLines(after)) return [`changes ${name}`]
    const [was, is] = [text(before), text(after)]
    // They read the same where only a secret in them has changed, or what is cut off.
    return [was === is ? `changes ${name}` : `changes ${name} from ${was} to ${is}`]
  })
}

function counted (urls: readonly string[]): string {
  return `${urls.length} target${urls.length === 1 ? '' : 's'} (${urls.join(', ')})`
}

function text (value: unknown): string {
  return value === undefined ? 'nothing' : cut(typeof value === 'string' ? value : JSON.stringify(value))
}

function cut (text: string): string {
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}… (${text.length} characters)` : text
}

function hasLines (value: unknown): boolean {
  return typeof value === 'string' ? value.includes('\n') : Array.isArray(value) && value.some(hasLines)
}

function list (value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
