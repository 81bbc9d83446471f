import t from 'tap'
import { ConfigError } from '../../src/base/errors.js'
import { VirtualClock } from '../../src/base/virtual-clock.js'
import { simulateCommand } from '../../src/simulation/command.js'
import { proxying } from './pool-rules.js'

const FILES: Readonly<Record<string, string>> = {
  'ours/plain.json': '{ "title": "two alike", "targets": [{ "serviceTime": "10ms" }, { "serviceTime": "10ms" }], "pool": { "queue": { "max": 3 }, "whenAllDown": "fail" } }',
  './own.json': '{ "title": "with keys", "load": { "rate": 200, "keys": { "count": 9, "skew": 1 } }, "targets": [{ "serviceTime": "10ms" }] }',
  './bad.json': '{ "title": "no targets", "targets": [] }',
  './access.log': JSON.stringify({ time: 1_700_000_000_000, ms: 4, pool: 'api', target: 'http://a:1', status: 200, attempts: 1, outcome: 'response' })
}

async function simulate (...args: string[]): Promise<string> {
  const printed: string[] = []
  const command = simulateCommand({
    proxying,
    clock: new VirtualClock(),
    scenarios: ['plain'],
    scenarioPath: name => `ours/${name}.json`,
    readFile: path => FILES[path] ?? '',
    print: text => { printed.push(text) }
  })
  await command.exitOverride().configureOutput({ writeErr: () => {} }).parseAsync(args, { from: 'user' })
  return printed.join('\n')
}

t.test('a table of the strategies, and what it does not know', async t => {
  const text = await simulate('--scenario', 'plain', '--strategy', 'round-robin,peak-ewma', '--duration', '2s', '--proxies', '2')
  t.match(text, /^plain: two alike\n2 targets, 2 proxies, 20,000 requests in all; [0-9,]+ events in 0.0 s\.\n/)
  t.match(text, /\| round-robin +\| +4,9[0-9]{2} \| +10.0 \|/)
  t.match(text, /\| peak-ewma /)
  t.match(text, /50\.0 \/ 50\.0 \|/)
  t.match(text, /What this can not know:\n- what the proxy itself costs/)
  t.match(text, /what these options of the pool do: queue\n?/)
})

t.test('the same run twice is the same text; a file of one\'s own; more targets', async t => {
  const args = ['--scenario', './own.json', '--strategy', 'random,consistent-hash', '--targets', '20', '--requests', '3000', '--subset', '5', '--proxies', '7', '--retries', '2', '--retry-on', '500,503', '--timeout', '1s', '--budget', 'off', '--overhead', '0.5ms', '--warm-up', '1s']
  const text = await simulate(...args, '--seed', '5')
  t.equal(await simulate(...args, '--seed', '5'), text)
  t.not(await simulate(...args, '--seed', '6'), text)
  t.match(text, /20 targets, 7 proxies/)
  t.match(text, /moved %/)
  t.match(text, /shares, % of even/)
  t.match(text, /\| +10\.5 \|/)
})

t.test('a log', async t => {
  const text = await simulate('--log', './access.log', '--strategy', 'round-robin')
  t.match(text, /^The requests of \.\/access\.log, once more\n1 targets, 1 proxy, 1 requests/)
  t.match(text, /the latency of a target that was not chosen/)
})

t.test('JSON, for programs', async t => {
  const result: unknown = JSON.parse(await simulate('--scenario', 'plain', '--strategy', 'random', '--requests', '100', '--json'))
  t.match(result, { title: 'plain: two alike', options: { seed: 1, requests: 100 }, runs: [{ strategy: 'random', requests: 100, served: 100, amplification: 1, targets: [{ target: 1 }, { target: 2 }] }], limits: [/proxy itself/] })
})

t.test('an experiment', async t => {
  const text = await simulate('--experiment', 'rehash')
  t.match(text, /^Share of keys that move when targets come and go\n\n.*\n\n\| strategy +\| 3 to 6, % \|/)
  t.match(JSON.parse(await simulate('--experiment', 'rehash', '--json')), { experiment: 'rehash', table: { words: 1 } })
})

t.test('what can not be meant is refused in one sentence', async t => {
  const refused: Array<[string[], RegExp]> = [
    [[], /one of --scenario, --log and --experiment/],
    [['--scenario', 'plain', '--log', './access.log'], /one of --scenario/],
    [['--scenario', 'plane'], /there is no scenario "plane"; expected a file, or one of plain/],
    [['--scenario', './bad.json'], /scenario \.\/bad\.json: /],
    [['--scenario', 'plain', '--requests', '5', '--duration', '1s'], /exclude each other/],
    [['--log', './access.log', '--rate', '5'], /--rate can not be changed in a log/],
    [['--log', './access.log', '--pool', 'web'], /no answered requests of the pool web/]
  ]
  for (const [args, message] of refused) {
    await t.rejects(simulate(...args), { message }, args.join(' '))
    await t.rejects(simulate(...args), ConfigError)
  }
  for (const [option, value] of [['--strategy', 'fastest'], ['--proxies', '0'], ['--rate', '-1'], ['--timeout', '5'], ['--retry-on', '200'], ['--budget', 'maybe'], ['--experiment', 'none'], ['--seed', '1e99']] as const) {
    await t.rejects(simulate('--scenario', 'plain', option, value), { code: /commander\.(invalidArgument|optionMissingArgument)/ }, `${option} ${value}`)
  }
})
