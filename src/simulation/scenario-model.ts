import { ScenarioIdentities } from './identities.js'
import type { Load, Model } from './model.js'
import type { Scenario, ScenarioLoad } from './scenario.js'
import { ScenarioWork } from './work.js'

/** What the caller may set in place of the scenario; null = as the scenario has it. */
export interface ScenarioChanges {
  /** How many targets: those of the scenario again and again, with what befalls them. */
  readonly targets: number | null
  /** Requests per second. */
  readonly rate: number | null
  /** Clients: those of a closed loop have one request at a time each, those of an open loop take turns at random. */
  readonly clients: number | null
}

/** Clients where neither the scenario nor the caller says how many: as in the benchmark. */
const CLIENTS = 50

/** The world of a scenario. With more or fewer targets than it has, the load changes in proportion, unless the caller says what it is. */
export function scenarioModel (scenario: Scenario, changes: ScenarioChanges): Model {
  const original = scenario.targets.length
  const count = changes.targets ?? original
  const targets = Array.from({ length: count }, (_, index) => scenario.targets[index % original]).flatMap(target => target ?? [])
  return {
    targets: targets.map((target, index) => ({
      url: `http://target-${index + 1}`,
      nature: target,
      work: random => new ScenarioWork(target, random)
    })),
    events: scenario.events.flatMap(event => targets.flatMap((_, index) => index % original === event.target - 1 ? [{ ...event, target: index + 1 }] : [])),
    load: loadOf(scenario.load, changes, count / original),
    keys: scenario.load.keys,
    identities: () => new ScenarioIdentities()
  }
}

function loadOf ({ rate, connections, bursts }: ScenarioLoad, changes: ScenarioChanges, scale: number): Load {
  const clients = changes.clients ?? Math.max(1, Math.round((connections ?? CLIENTS) * scale))
  if (changes.rate === null && rate === null) return { kind: 'closed', clients }
  return { kind: 'open', rate: changes.rate ?? (rate ?? 0) * scale, bursts, clients }
}
