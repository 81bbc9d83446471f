import t from 'tap'
import { resultTable } from '../../../bench/chaos/result-table.js'
import { flawless } from './fake-account.js'

t.test('a row for each run; a scenario is named once, what cannot be told is a dash', t => {
  const text = resultTable([
    { scenario: 'kill', proxy: 'headrace', account: { ...flawless, back: 840 } },
    { scenario: 'kill', proxy: 'nginx', account: { ...flawless, failedGets: 7, failedPosts: 2, back: Infinity, p99: { before: 10, during: 1234.4, after: 16 } } },
    { scenario: 'stop', proxy: 'headrace', account: { ...flawless, duplicates: 1, evicted: 2140, inflight: 4 } }
  ], 'plain')
  t.same(text.split('\n').slice(2).map(line => line.split(/ {2,}/)), [
    ['kill', 'headrace', '1,234', '0', '0', '0', '-', '0.8', '10', '20', '15', '0'],
    ['', 'nginx', '1,234', '7', '2', '0', '-', 'never', '10', '1,234', '16 *', '0'],
    ['stop', 'headrace', '1,234', '0', '0', '1', '2.1', '-', '10', '20', '15', '4']
  ])
  t.end()
})
