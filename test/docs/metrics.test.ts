import { readFileSync } from 'node:fs'
import t from 'tap'
import { allMetrics } from '../../src/admin/metrics.js'
import { sections } from '../fixtures/markdown.js'
import { metricsIn } from '../fixtures/metric-names.js'

const page = sections(readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8'))

t.test('a row for each metric, in the words of the code', async t => {
  const rows = page.flatMap(({ heading, table }) => heading === 'What to watch' ? [] : table)
  t.strictSame(rows, allMetrics.map(({ name, type, labels, help }) => [`\`${name}\``, type, labels.map(label => `\`${label}\``).join(', '), help]))
})

t.test('the expressions use metrics and labels that there are', async t => {
  const rows = page.find(({ heading }) => heading === 'What to watch')?.table ?? []
  t.ok(rows.length > 5)
  for (const [question = '', expression = ''] of rows) t.strictSame(metricsIn(expression).unknown, [], question)
})
