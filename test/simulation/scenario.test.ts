import t, { type Test } from 'tap'
import { parseScenario } from '../../src/simulation/scenario.js'

const target = { serviceTime: '5ms' }

t.test('defaults are filled in, times are milliseconds, events are put in order', t => {
  const scenario = parseScenario('x', JSON.stringify({
    title: 'X',
    targets: [{ serviceTime: '5ms' }, { serviceTime: '1.5s', weight: 4 }],
    events: [{ at: 0.5, action: 'restart', target: 2 }, { at: 0.1, action: 'kill', target: 2 }],
    pool: { slowStart: '1s' }
  }))
  const rest = { weight: 1, concurrency: 0, slowdown: 1, failures: null, pauses: null, cold: null, busy: 0, absent: false }
  t.strictSame(scenario, {
    name: 'x',
    title: 'X',
    load: { rate: null, connections: null, bursts: null, keys: null },
    targets: [
      { serviceTime: { distribution: 'constant', value: 5 }, ...rest },
      { serviceTime: { distribution: 'constant', value: 1500 }, ...rest, weight: 4 }
    ],
    events: [{ at: 0.1, action: 'kill', target: 2 }, { at: 0.5, action: 'restart', target: 2 }],
    pool: { slowStart: '1s' }
  })
  t.end()
})

t.test('everything that can be said is understood', t => {
  const scenario = parseScenario('x', JSON.stringify({
    title: 'X',
    load: { rate: 600, bursts: { every: '2s', length: '400ms', factor: 4 }, keys: { count: 2000, skew: 1.1 } },
    targets: [
      { serviceTime: { distribution: 'log-normal', median: '8ms', sigma: 1 }, concurrency: 4, slowdown: 2, failures: { share: 0.5, after: '1ms', status: 500 } },
      { serviceTime: { distribution: 'pareto', minimum: '4ms', alpha: 1.5, maximum: '2s' }, pauses: { every: '2s', length: '150ms' }, busy: 0.8 },
      { serviceTime: { distribution: 'exponential', mean: '10ms' }, cold: { for: '2s', slowdown: 8 }, absent: true }
    ],
    events: [
      { at: 0, action: 'heal', target: 1 },
      { at: 0.1, action: 'fail', target: 1 },
      { at: 0.2, action: 'slow', target: 2, factor: 5, over: 0.3 },
      { at: 0.3, action: 'join', target: 3 },
      { at: 0.4, action: 'kill', target: 3 },
      { at: 0.5, action: 'leave', target: 3 },
      { at: 0.6, action: 'join', target: 3 },
      { at: 0.7, action: 'slow', target: 3, factor: 2 }
    ]
  }))
  t.strictSame(scenario.load, { rate: 600, connections: null, bursts: { every: 2000, length: 400, factor: 4 }, keys: { count: 2000, skew: 1.1 } })
  t.match(scenario.targets, [
    { serviceTime: { distribution: 'log-normal', median: 8, sigma: 1 }, concurrency: 4, slowdown: 2, failures: { share: 0.5, after: 1, status: 500 } },
    { serviceTime: { distribution: 'pareto', minimum: 4, alpha: 1.5, maximum: 2000 }, pauses: { every: 2000, length: 150 }, busy: 0.8 },
    { serviceTime: { distribution: 'exponential', mean: 10 }, cold: { for: 2000, slowdown: 8 }, absent: true }
  ])
  t.strictSame(scenario.events[2], { at: 0.2, action: 'slow', target: 2, factor: 5, over: 0.3 })
  t.strictSame(scenario.events[7], { at: 0.7, action: 'slow', target: 3, factor: 2, over: 0 })
  t.end()
})

function refuses (t: Test, file: object, message: string | RegExp): void {
  t.throws(() => parseScenario('x', JSON.stringify({ title: 'X', targets: [target], ...file })), { name: 'TypeError', message }, JSON.stringify(file))
}

t.test('a wrong form is refused with its place, once', t => {
  refuses(t, { targets: [] }, /^scenario x: \/targets /)
  refuses(t, { targets: [{ serviceTime: '0.5' }] }, /^scenario x: \/targets\/0\/serviceTime must be a duration such as "10ms", or an object with "distribution" \(.*"exponential": "mean"\)$/)
  refuses(t, { targets: [{ serviceTime: { distribution: 'normal', mean: '5ms' } }] }, /\/targets\/0\/serviceTime must be a duration such as/)
  refuses(t, { targets: [{ serviceTime: { distribution: 'exponential', mean: '0ms' } }] }, /\/targets\/0\/serviceTime must be a duration such as/)
  refuses(t, { targets: [{ serviceTime: '5ms', pauses: { every: '1h', length: '5ms' } }] }, 'scenario x: /targets/0/pauses/every must be a duration such as "10ms"')
  refuses(t, { targets: [{ serviceTime: '5ms', pauses: { every: '1s', length: '0ms' } }] }, /pauses\/length must be a duration/)
  refuses(t, { event: [] }, 'scenario x: / has the unknown key event')
  refuses(t, { targets: [{ ...target, delay: 1 }], load: { speed: 1 } }, 'scenario x: /load has the unknown key speed; /targets/0 has the unknown key delay')
  refuses(t, { events: [{ at: 1, action: 'kill', target: 1 }] }, /\/events\/0\/at /)
  refuses(t, { events: [{ at: 0, action: 'stop', target: 1 }] }, 'scenario x: /events/0/action must be one of kill, restart, join, leave, slow, fail, heal')
  t.throws(() => parseScenario('x', '{'), { name: 'TypeError', message: /^scenario x: / })
  t.end()
})

t.test('numbers that make no sense together are refused', t => {
  refuses(t, { load: { rate: 1, connections: 1 } }, /"rate" and "connections" exclude each other/)
  refuses(t, { load: { bursts: { every: '2s', length: '1s', factor: 2 } } }, /"bursts" need a "rate"/)
  refuses(t, { load: { rate: 1, bursts: { every: '2s', length: '2s', factor: 2 } } }, /burst must be shorter/)
  refuses(t, { targets: [target, { serviceTime: '5ms', pauses: { every: '1s', length: '1s' } }] }, /target 2: a pause must be shorter/)
  refuses(t, { targets: [{ serviceTime: { distribution: 'pareto', minimum: '5ms', alpha: 1, maximum: '5ms' } }] }, /target 1: "maximum" must be above "minimum"/)
  refuses(t, { targets: [{ ...target, absent: true }] }, /all targets are absent/)
  t.end()
})

t.test('events that can not happen are refused', t => {
  const events = (...list: Array<[string, number?, object?]>): object => ({
    targets: [target, { ...target, absent: true }],
    events: list.map(([action, number = 1, more = {}], index) => ({ at: index / 10, action, target: number, ...more }))
  })
  refuses(t, events(['kill', 3]), /there is no target 3 to kill/)
  refuses(t, events(['restart']), /cannot restart target 1, it is alive/)
  refuses(t, events(['kill'], ['kill']), /cannot kill target 1, it is dead/)
  refuses(t, events(['kill'], ['fail']), /cannot fail target 1, it is dead/)
  refuses(t, events(['kill', 2]), /cannot kill target 2, it is not in the pool/)
  refuses(t, events(['join']), /cannot join target 1, it is in the pool/)
  refuses(t, events(['leave'], ['slow', 1, { factor: 2 }]), /cannot slow target 1, it is not in the pool/)
  refuses(t, events(['heal']), /cannot heal target 1, it does not fail/)
  refuses(t, events(['fail'], ['heal'], ['heal']), /cannot heal target 1, it does not fail/)
  refuses(t, events(['fail'], ['kill'], ['restart'], ['heal']), /cannot heal target 1, it does not fail/)
  refuses(t, events(['slow']), /"slow" of target 1 needs a "factor"/)
  refuses(t, events(['kill', 1, { factor: 2 }]), /"factor" and "over" are of "slow", not of "kill"/)
  t.end()
})
