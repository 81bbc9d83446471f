import type { Candidate, Strategy } from '../../balancing/strategy.js'
import { randomStream } from '../random-streams.js'
import { ScenarioIdentities, SimulatedView } from '../identities.js'
import { number, percent } from '../table.js'
import type { Experiment } from './experiment.js'
import { Modulo } from './modulo.js'
import { plainModel, plainSettings } from './plain-world.js'

/** Targets before and after. */
const CHANGES: ReadonlyArray<readonly [number, number]> = [[3, 6], [3, 4], [6, 5], [100, 101]]
const KEYS = 20_000
/** Of the run under load: three targets of six join in its middle. */
const WORLD = { targets: 6, concurrency: 4, mean: 10, load: 0.3, keys: { count: 5000, skew: 0.9 } }
const DURATION = 30_000

/** How many keys change their target when targets come and go. */
export const rehash: Experiment = {
  name: 'rehash',
  title: 'Share of keys that move when targets come and go',
  run (laboratory, seed, size) {
    const strategies: ReadonlyArray<readonly [string, () => Strategy]> = [
      ['consistent-hash', () => laboratory.strategy('consistent-hash')],
      ['the same, loads not bounded', () => laboratory.strategy('consistent-hash', { boundedLoad: false })],
      ['modulo', () => new Modulo()]
    ]
    const keys = Math.ceil(KEYS * size)
    const moved = strategies.map(([name, create]) => ({ name, shares: CHANGES.map(([from, to]) => shareMoved(create, from, to, keys, seed)) }))
    const least = CHANGES.map(([from, to]) => Math.abs(from - to) / Math.max(from, to))
    const model = growing()
    const underLoad = strategies.map(([, create]) => laboratory.run(model, create, plainSettings(seed, size, DURATION)).moved)
    return {
      setting: `${number(keys)} keys, each asked for once before and once after, with nothing else under way. Under load: ${number(WORLD.keys.count)} keys by Zipf's law (exponent ${WORLD.keys.skew}), three more targets join three half-way; requests that came to another target than the last one with their key.`,
      table: {
        headings: ['strategy', ...CHANGES.map(([from, to]) => `${from} to ${to}, %`), 'under load, %'],
        words: 1,
        rows: [
          ...moved.map(({ name, shares }, index) => [name, ...shares.map(share => percent(share)), percent(underLoad[index] ?? null)]),
          ['the least possible', ...least.map(share => percent(share)), '']
        ]
      },
      reading: `A fourth target takes ${percent(moved[0]?.shares[1] ?? null, 0)} % of the keys with consistent-hash, its even share, and ${percent(moved[2]?.shares[1] ?? null, 0)} % move with modulo, which is at its best where the number doubles; of a hundred, one more target moves ${percent(moved[0]?.shares[3] ?? null, 0)} % against ${percent(moved[2]?.shares[3] ?? null, 0)} %. Bounded loads have their price: under load ${percent(underLoad[0] ?? null, 0)} % of the requests came to another target than the last one with their key.`
    }
  }
}

/** Three targets, and three more that join in the middle. */
function growing (): ReturnType<typeof plainModel> {
  const events = [4, 5, 6].map(target => ({ at: 0.5, action: 'join' as const, target }))
  const model = plainModel({ ...WORLD, events })
  return { ...model, targets: model.targets.map((target, index) => ({ ...target, nature: { ...target.nature, absent: index > 2 } })) }
}

function shareMoved (create: () => Strategy, from: number, to: number, keys: number, seed: number): number {
  const before = homes(create(), from, keys, seed)
  const after = homes(create(), to, keys, seed)
  return before.filter((home, key) => home !== after[key]).length / keys
}

/** The target of each key. */
function homes (strategy: Strategy, targets: number, keys: number, seed: number): string[] {
  const idle = (index: number): Candidate => ({ id: `pool/http://target-${index + 1}`, weight: 1, inflight: 0 })
  const picker = strategy.prepare([idle(0), ...Array.from({ length: targets - 1 }, (_, index) => idle(index + 1))])
  const view = new SimulatedView(new ScenarioIdentities())
  const context = { request: view, random: randomStream(seed, 0), now: () => 0 }
  return Array.from({ length: keys }, (_, key) => {
    view.identity = key
    return picker.pick(context).id
  })
}
