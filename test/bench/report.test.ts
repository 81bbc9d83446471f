import t from 'tap'
import { report } from '../../bench/report.js'

const measurement = {
  duration: 5,
  connections: 50,
  scenarios: [{ name: 'crash', title: 'one dies', targets: [{ serviceTime: 10, weight: 1 }, { serviceTime: 100, weight: 1 }] }],
  runs: [{
    scenario: 'crash',
    strategy: 'round-robin',
    completed: 10_000,
    requestsPerSecond: 2000.4,
    p50: 10.04,
    p99: 99.96,
    errors: { non2xx: 1, socket: 20, unanswered: 300 },
    served: { 2: 2500, 1: 7500 }
  }]
}

t.test('a run is one row: errors of every kind in one sum, shares in the order of the targets', t => {
  const lines = report(measurement, 'plain').split('\n')
  t.match(lines.at(-1), /^crash +round-robin +2,000 +10\.0 +100\.0 +321 +75\.0 \/ 25\.0$/)
  t.end()
})

t.test('the head says on what it ran and what the scenario is', t => {
  const text = report(measurement, 'markdown')
  t.match(text, /^\d+ cores \(.*\), Node v.*; 50 connections, 5 s per run\.\n/)
  t.match(text, '- crash: one dies (service times 10 ms, 100 ms)')
  t.match(text, '| crash    | round-robin |')
  t.end()
})
