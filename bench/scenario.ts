import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import Type, { type Static } from 'typebox'
import { Value } from 'typebox/value'
import { DURATION_PATTERN, parseDuration } from '../src/base/duration.js'
import { root } from './root.js'

const closed = { additionalProperties: false }

const scenarioSchema = Type.Object({
  title: Type.String({ minLength: 1 }),
  targets: Type.Array(Type.Object({
    /** From the arrival of a request to its answer. */
    serviceTime: Type.String({ pattern: DURATION_PATTERN }),
    /** The service time is multiplied by this. */
    slowdown: Type.Optional(Type.Number({ minimum: 1 })),
    weight: Type.Optional(Type.Integer({ minimum: 1 }))
  }, closed), { minItems: 1 }),
  events: Type.Optional(Type.Array(Type.Object({
    /** When, as a share of the run. */
    at: Type.Number({ minimum: 0, exclusiveMaximum: 1 }),
    action: Type.Union([Type.Literal('kill'), Type.Literal('restart')]),
    /** Which target, counted from 1. */
    target: Type.Integer({ minimum: 1 })
  }, closed))),
  /** Options of the pool beside strategy and targets, as the proxy's config takes them. */
  pool: Type.Optional(Type.Record(Type.String(), Type.Unknown()))
}, closed)

type ScenarioFile = Static<typeof scenarioSchema>

/** Something that happens to a target during a run. */
export type ScenarioEvent = NonNullable<ScenarioFile['events']>[number]

/** One backend of a scenario. */
export interface ScenarioTarget {
  /** Milliseconds. */
  readonly serviceTime: number
  readonly weight: number
}

/** What backends a run has and what befalls them. */
export interface Scenario {
  readonly name: string
  readonly title: string
  readonly targets: readonly ScenarioTarget[]
  /** In the order of time. */
  readonly events: readonly ScenarioEvent[]
  readonly pool: Readonly<Record<string, unknown>>
}

/**
 * Reads the text of a scenario file.
 * @throws {TypeError} naming the file and what is wrong in it.
 */
export function parseScenario (name: string, text: string): Scenario {
  const file: unknown = JSON.parse(text)
  if (!Value.Check(scenarioSchema, file)) {
    const faults = Value.Errors(scenarioSchema, file).map(error => `${error.instancePath || '/'} ${error.message}`)
    throw new TypeError(`scenario ${name}: ${faults.join('; ')}`)
  }
  const events = [...file.events ?? []].sort((a, b) => a.at - b.at)
  checkEvents(name, events, file.targets.length)
  return {
    name,
    title: file.title,
    targets: file.targets.map(target => ({
      // The schema's pattern has let it through; what is left is a time too long for a timer.
      serviceTime: (parseDuration(target.serviceTime) ?? Number.NaN) * (target.slowdown ?? 1),
      weight: target.weight ?? 1
    })),
    events,
    pool: file.pool ?? {}
  }
}

function checkEvents (name: string, events: readonly ScenarioEvent[], targets: number): void {
  const dead = new Set<number>()
  for (const { action, target } of events) {
    if (target > targets) throw new TypeError(`scenario ${name}: there is no target ${target} to ${action}`)
    if (dead.has(target) === (action === 'kill')) throw new TypeError(`scenario ${name}: cannot ${action} target ${target}, it is ${action === 'kill' ? 'dead' : 'alive'}`)
    if (action === 'kill') dead.add(target)
    else dead.delete(target)
  }
}

/** All scenarios of `bench/scenarios/`, the one without events or differences first. */
export async function loadScenarios (): Promise<Scenario[]> {
  const directory = join(root, 'bench', 'scenarios')
  const names = (await readdir(directory)).filter(name => name.endsWith('.json'))
  const scenarios = await Promise.all(names.map(async name => parseScenario(basename(name, '.json'), await readFile(join(directory, name), 'utf8'))))
  return scenarios.sort((a, b) => a.events.length - b.events.length || spread(a) - spread(b) || a.name.localeCompare(b.name))
}

function spread (scenario: Scenario): number {
  const times = scenario.targets.map(target => target.serviceTime)
  return Math.max(...times) - Math.min(...times)
}
