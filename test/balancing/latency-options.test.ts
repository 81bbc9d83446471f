import t from 'tap'
import { latencyOptionsSchema, readLatencyOptions } from '../../src/balancing/latency-options.js'
import { compile } from '../../src/config/validator.js'

t.test('they are read with and without the defaults of the schema', async t => {
  t.strictSame(readLatencyOptions({}), { decay: 10_000, errorLatency: 1000 })
  const options = {}
  t.ok(compile(latencyOptionsSchema, true)(options))
  t.strictSame(options, { decay: '10s', errorLatency: '1s' })
  t.strictSame(readLatencyOptions(options), readLatencyOptions({}))
  t.strictSame(readLatencyOptions({ decay: '500ms', errorLatency: '0s' }), { decay: 500, errorLatency: 0 })
})

t.test('the schema refuses what reading throws at', async t => {
  for (const options of [{ decay: '0s' }, { decay: '10' }, { decay: 'soon' }, { errorLatency: '-1s' }, { decay: '30d' }]) {
    t.notOk(compile(latencyOptionsSchema, true)({ ...options }), JSON.stringify(options))
    t.throws(() => readLatencyOptions(options), TypeError)
  }
  t.notOk(compile(latencyOptionsSchema, true)({ decay: 10 }))
})
