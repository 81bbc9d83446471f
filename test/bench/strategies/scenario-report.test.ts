import t from 'tap'
import { parseScenario } from '../../../src/simulation/scenario.js'
import { reportScenario } from '../../../bench/strategies/scenario-report.js'
import { head, scenarioText } from '../../../bench/strategies/text-report.js'
import { fakeRun } from './fake-summary.js'

const scenario = parseScenario('crash', JSON.stringify({
  title: 'one dies',
  load: { rate: 400, bursts: { every: '2s', length: '400ms', factor: 4 }, keys: { count: 2000, skew: 1.1 } },
  targets: [{ serviceTime: '10ms', concurrency: 4 }, { serviceTime: '10ms', concurrency: 4 }],
  events: [{ at: 0.25, action: 'kill', target: 2 }, { at: 0.5, action: 'restart', target: 2 }, { at: 0.5, action: 'slow', target: 1, factor: 5, over: 0.3 }]
}))
const options = { duration: 5, connections: 50 }
const failing = fakeRun({ errors: { non2xx: 1, socket: 20, unanswered: 300, timeouts: 4 }, served: [4850, 150], completed: 4675 })

t.test('a strategy is one row: middle and spread, errors by kind, shares in the order of the targets', async t => {
  const runs = [failing, fakeRun({ strategy: 'a', p99: 37 }), { ...failing, round: 2, p99: 46 }, fakeRun({ strategy: 'a', round: 2, p99: 39 })]
  const lines = scenarioText(reportScenario(scenario, runs, options), 'plain').split('\n')
  t.match(lines.find(line => line.startsWith('round-robin')), /^round-robin +500 ±0 +12\.0 ±0\.0 +20\.0 ±0\.0 +43\.0 ±3\.0 +90\.0 ±0\.0 +2 non-2xx, 40 socket, 600 unanswered, 8 timed out \(6\.5 %\) +97 \/ 3\.0 +0\.53 +8 \/ 9 +67 ±0$/)
  t.match(lines.find(line => line.startsWith('a ')), /^a .* 38\.0 ±1\.0 .* 0 +50 \/ 50 +1\.00 +8 \/ 9 +67 ±0$/)
  t.match(lines.at(-1), '=> a: 0.0 % errors against 6.5 % errors for round-robin')
})

t.test('one round has no spread', async t => {
  t.match(scenarioText(reportScenario(scenario, [fakeRun()], options), 'plain'), /\nround-robin +500 +12\.0 +20\.0 +40\.0 +90\.0 +0 /)
})

t.test('what the scenario is stands above', async t => {
  const text = scenarioText(reportScenario(scenario, [fakeRun()], options), 'plain')
  t.match(text, 'crash: one dies\n')
  t.match(text, '  open loop, 400 requests/s at random (own client), 4 times that for 400 ms in every 2000 ms; 2,000 keys, Zipf 1.1\n')
  t.match(text, '  2 x 10 ms, 4 at once\n')
  t.match(text, '  1.25 s: kill 2, 2.5 s: restart 2, 2.5 s: slow 1 to x 5 within 1.5 s\n')
  t.match(text, '  processors 50 % busy\n')
})

t.test('targets of every kind are described', async t => {
  const { targets, load } = reportScenario(parseScenario('x', JSON.stringify({
    title: 'X',
    targets: [
      { serviceTime: { distribution: 'log-normal', median: '8ms', sigma: 1 }, weight: 2, slowdown: 3 },
      { serviceTime: { distribution: 'pareto', minimum: '5ms', alpha: 1.5, maximum: '2s' }, failures: { share: 0.5, after: '1ms', status: 500 } },
      { serviceTime: { distribution: 'exponential', mean: '10ms' }, pauses: { every: '2s', length: '150ms' }, busy: 0.8 },
      { serviceTime: '10ms', cold: { for: '2s', slowdown: 8 }, absent: true }
    ]
  })), [fakeRun()], options)
  t.equal(load, 'closed loop, 50 connections (autocannon)')
  t.equal(targets, [
    '1 x log-normal (median 8 ms, sigma 1) x 3, weight 2',
    '1 x Pareto (5 to 2000 ms, alpha 1.5), 50 % answer 500 after 1 ms',
    '1 x exponential (mean 10 ms), stands still for 150 ms in every 2000 ms, 80 % of its processor taken',
    '1 x 10 ms, 8 times slower when new, for 2000 ms, absent at first'
  ].join(' + '))
})

t.test('whether keys stay is only told where there are any', async t => {
  t.match(scenarioText(reportScenario(scenario, [fakeRun()], options), 'plain'), 'keys stay, %')
  const keyless = { ...scenario, load: { ...scenario.load, keys: null } }
  t.notMatch(scenarioText(reportScenario(keyless, [fakeRun()], options), 'plain'), 'keys stay, %')
})

t.test('a machine that had no time left is named as what it is', async t => {
  t.match(reportScenario(scenario, [fakeRun({ processors: 0.97 })], options).processors, 'waiting for a processor')
})

t.test('Markdown has the same table', async t => {
  const text = scenarioText(reportScenario(scenario, [fakeRun()], options), 'markdown')
  t.match(text, '### crash: one dies\n')
  t.match(text, '| round-robin |')
  t.match(text, '**round-robin alone: p99 40 ms, p50 12 ms**')
})

t.test('the head says on what it ran', async t => {
  t.match(head(5, 3), /^\d+ cores \(.*\), Node v.*; 3 rounds of 5 s per strategy, in turn\.\n/)
  t.match(head(5, 1), '; 1 round of 5 s per strategy.')
})
