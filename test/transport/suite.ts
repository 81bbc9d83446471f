import type { Test } from 'tap'
import { Harness, type MakeTransport, type Part } from './suite/harness.js'
import { aborts } from './suite/aborts.js'
import { bodies } from './suite/bodies.js'
import { connections } from './suite/connections.js'
import { failures } from './suite/failures.js'
import { messages } from './suite/messages.js'
import { security } from './suite/security.js'
import { timeouts } from './suite/timeouts.js'
import { upgrades } from './suite/upgrades.js'

const PARTS: Readonly<Record<string, Part>> = { messages, bodies, failures, timeouts, aborts, connections, security, upgrades }

/**
 * What every `Transport` has to do, over real sockets.
 * @param limits parts of the contract that the implementation declares not to keep: the tests of nothing else are left out.
 */
export function transportSuite (t: Test, name: string, make: MakeTransport, limits: readonly string[]): void {
  const warnings: string[] = []
  const warned = (warning: Error): void => { warnings.push(`${warning.name}: ${warning.message}`) }
  process.on('warning', warned)
  for (const [part, register] of Object.entries(PARTS)) {
    t.test(`${name}: ${part}`, async t => {
      register((title, run, limit) => {
        if (limit !== undefined && limits.includes(limit)) return
        void t.test(title, async t => {
          const harness = new Harness(t, make, limits)
          await run(t, harness)
          t.same(harness.violations, [], 'the order of calls that the sink was promised')
        })
      })
    })
  }
  t.test(`${name}: nothing that Node warns about, leaked listeners above all`, async t => {
    process.off('warning', warned)
    t.same(warnings, [])
  })
}
