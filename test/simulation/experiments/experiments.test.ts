import t from 'tap'
import { experiments } from '../../../src/simulation/experiments/experiments.js'
import type { Finding } from '../../../src/simulation/experiments/experiment.js'
import { Laboratory } from '../../../src/simulation/laboratory.js'
import { proxying } from '../pool-rules.js'

const laboratory = new Laboratory(proxying)

function run (name: string, size: number): Finding {
  const found = experiments.find(experiment => experiment.name === name)
  if (found === undefined) throw new RangeError(name)
  return found.run(laboratory, 1, size)
}

/** The cells of a row as numbers, words as NaN. @param first cell of the row. */
function cells ({ table: { rows } }: Finding, first: string): number[] {
  return rows.find(row => row[0] === first)?.map(cell => Number(cell.replaceAll(',', ''))) ?? []
}

t.test('every finding has its table and one sentence without holes', async t => {
  for (const { name, run } of experiments) {
    const { setting, table, reading } = run(laboratory, 2, 0.02)
    t.ok(table.rows.every(row => row.length === table.headings.length), name)
    t.notMatch(`${setting} ${reading}`, /NaN|undefined|Infinity| - /, name)
  }
})

t.test('rehash: rendezvous hashing moves the expected share, modulo nearly all', async t => {
  const finding = run('rehash', 0.5)
  const [, doubled = 0, fourth = 0, lost = 0, hundredth = 0] = cells(finding, 'consistent-hash')
  for (const [share, expected] of [[doubled, 50], [fourth, 25], [lost, 100 / 6], [hundredth, 100 / 101]] as const) t.ok(Math.abs(share - expected) < 1.5, `${share} where ${expected} is expected`)
  const modulo = cells(finding, 'modulo')
  t.ok((modulo[2] ?? 0) > 70 && (modulo[3] ?? 0) > 75 && (modulo[4] ?? 0) > 97, modulo.join(' '))
  const [, , , , , bounded = 0] = cells(finding, 'consistent-hash')
  const [, , , , , free = 0] = cells(finding, 'the same, loads not bounded')
  t.ok(free < bounded, 'bounded loads move requests under load')
})

t.test('herding: counts are worth less the more proxies there are', async t => {
  const [, one = 0, , hundred = 0, fewest = 0, , most = 0] = cells(run('herding', 0.1), 'least-connections')
  t.ok(one < hundred, `${one} ${hundred}`)
  t.ok(fewest * 2 < most, `${fewest} ${most}`)
})

t.test('subsets: dealt out they are even, at random they are not', async t => {
  const [, , dealt = 0, , random = 0] = cells(run('subsets', 0.2), '10')
  t.ok(dealt < 1.15 && random > 1.25, `${dealt} ${random}`)
})

t.test('retry storm: the budget caps what is sent', async t => {
  const { table } = run('retry-storm', 0.5)
  const sent = (attempts: string, budget: string): number => Number(table.rows.find(row => row[0] === attempts && row[1] === budget)?.[2])
  t.equal(sent('1', ''), 1)
  t.ok(sent('4', 'off') > 2.5)
  t.ok(sent('4', 'on') < 1.25 && sent('2', 'on') < 1.25)
})
