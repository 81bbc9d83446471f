import t from 'tap'
import { ConfigError } from '../../src/base/errors.js'
import { resolveOptions, type HeadraceBackendOptions } from '../../src/backend/options.js'

t.test('defaults', async t => {
  t.same(resolveOptions({}), {
    path: '/health', check: null, checkTimeout: 2000, quiet: 1000, notice: 10_000, timeout: 30_000, signals: ['SIGTERM'], exit: true
  })
})

t.test('durations may be zero', async t => {
  t.match(resolveOptions({ quiet: '0s', notice: '0ms', timeout: '1m' }), { quiet: 0, notice: 0, timeout: 60_000 })
})

t.test('every fault is told', async t => {
  // What a program without types may hand over.
  const bad = { path: 'health', check: true, checkTimeout: 2000, quiet: 'soon', notice: '', timeout: '30', signals: ['SIGKILL'], exit: 0 } as unknown as HeadraceBackendOptions
  try {
    resolveOptions(bad)
    t.fail('it is refused')
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    t.same(error.faults.map(({ path }) => path).sort(), Object.keys(bad).sort())
    t.match(error.message, 'checkTimeout: expected a duration such as "2s", got 2000')
  }
  t.throws(() => resolveOptions({ signals: 'SIGTERM' } as unknown as HeadraceBackendOptions), ConfigError)
})
