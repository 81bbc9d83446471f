import { pino } from 'pino'
import t from 'tap'
import { StopSignals } from '../../src/cli/signals.js'

t.test('the listener of a signal stays the same from the beginning on: none is lost between start and service', async t => {
  const before = process.listeners('SIGTERM')
  const signals = new StopSignals()
  const [listener] = process.listeners('SIGTERM').filter(each => !before.includes(each))
  t.teardown(() => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) for (const each of process.listeners(signal)) if (!before.includes(each)) process.off(signal, each)
  })
  const done: string[] = []
  const stopped = new Promise<number>(() => {})
  signals.lead({ stop: () => { done.push('stop'); return stopped }, cut: () => { done.push('cut'); return 2 } }, { logger: pino({ level: 'silent' }), share: () => {}, end: () => {} })
  t.strictSame(process.listeners('SIGTERM').filter(each => !before.includes(each)), [listener])
  process.emit('SIGTERM', 'SIGTERM')
  process.emit('SIGINT', 'SIGINT')
  t.strictSame(done, ['stop', 'cut'], 'the first one drains, the second one cuts')
})

t.test('a process that has handed over drains already: the first signal cuts nothing, the second one does', async t => {
  const before = process.listeners('SIGTERM')
  const signals = new StopSignals()
  t.teardown(() => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) for (const each of process.listeners(signal)) if (!before.includes(each)) process.off(signal, each)
  })
  const done: string[] = []
  const output = { logger: pino({ level: 'silent' }), share: () => {}, end: () => {} }
  const end = signals.lead({ stop: async () => { done.push('stop'); return 0 }, cut: () => { done.push('cut'); return 1 } }, output)
  end({ successor: 1 }, () => { done.push('leave'); return new Promise(() => {}) })
  process.emit('SIGTERM', 'SIGTERM')
  t.strictSame(done, ['leave'])
  process.emit('SIGTERM', 'SIGTERM')
  t.strictSame(done, ['leave', 'cut'])
})
