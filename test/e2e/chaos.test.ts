import t from 'tap'
import { headraceWith } from '../../bench/chaos/peers/headrace.js'
import { builtModules } from '../../bench/chaos/process-modules.js'
import { runScenario } from '../../bench/chaos/run-scenario.js'
import { scenarios } from '../../bench/chaos/scenarios.js'
import { shortSchedule } from '../../bench/chaos/schedule.js'
import { misses } from '../../bench/chaos/verdict.js'
import { Children } from '../../bench/children.js'
import { seededRandom } from '../../src/base/random.js'

// The short form of `npm run chaos`: the same processes, some of the scenarios, less of everything.
// The longest comes first, since some run side by side.
const NAMES = ['rolling', 'all-down', 'kill', 'reset']
const RATE = 50

// Longer than a client waits: a machine that is busy with other tests is slow, not dead, and in these scenarios no backend hangs.
const headrace = headraceWith('20s')
const children = new Children()
t.teardown(() => children.endAll())
t.jobs = 4

for (const name of NAMES) {
  const scenario = scenarios.find(each => each.name === name)
  if (scenario === undefined) throw new Error(`there is no scenario ${name}`)
  t.test(scenario.title, { buffered: true }, async t => {
    // Each takes ports of its own.
    const random = seededRandom(process.pid * 100 + NAMES.indexOf(name))
    const account = await runScenario(scenario, headrace, { children, modules: builtModules, schedule: shortSchedule, rate: RATE, random })
    t.ok(account.requests > 0)
    t.same(misses(scenario, account), [], JSON.stringify([...account.failures]))
  })
}
