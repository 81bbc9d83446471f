import { readFileSync } from 'node:fs'
import t from 'tap'
import { isRecord } from '../../src/config/place.js'
import { metricsIn } from '../fixtures/metric-names.js'

const dashboard: unknown = JSON.parse(readFileSync(new URL('../../examples/grafana/dashboard.json', import.meta.url), 'utf8'))

/** All values of these keys, wherever they are. */
function valuesOf (keys: readonly string[], value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(item => valuesOf(keys, item))
  if (!isRecord(value)) return []
  return Object.entries(value).flatMap(([key, inner]) => keys.includes(key) && typeof inner === 'string' ? [inner] : valuesOf(keys, inner))
}

/** `instance` is the label that Prometheus itself puts on all that it scrapes. */
function ours (expression: string): string {
  return expression.replace(/instance=~"\$instance"(?:, )?/g, '').replace('{}', '')
}

function list (key: string): ReadonlyArray<Readonly<Record<string, unknown>>> {
  const value = isRecord(dashboard) ? dashboard[key] : undefined
  return Array.isArray(value) ? value.filter(isRecord) : []
}

t.test('every expression uses metrics and labels that there are', async t => {
  const expressions = valuesOf(['expr', 'definition'], dashboard)
  t.ok(expressions.length > 30)
  for (const expression of expressions) {
    const { used, unknown } = metricsIn(ours(expression))
    t.ok(used.length > 0, expression)
    t.strictSame(unknown, [], expression)
  }
})

t.test('legends and variables name what is there', async t => {
  for (const panel of list('panels')) {
    const queries = Array.isArray(panel['targets']) ? panel['targets'].filter(isRecord) : []
    for (const { expr, legendFormat } of queries) {
      for (const [, label = ''] of String(legendFormat).matchAll(/\{\{(\w+)\}\}/g)) t.match(String(expr), new RegExp(`by \\([^)]*\\b${label}\\b`), String(panel['title']))
    }
  }
  const variables = new Set(valuesOf(['name'], isRecord(dashboard) ? dashboard['templating'] : null))
  for (const [, name = ''] of JSON.stringify(dashboard).matchAll(/\$\{?([a-z]\w*)/g)) t.ok(variables.has(name), name)
})

t.test('panels have an id of their own, and do not lie upon each other', async t => {
  const panels = list('panels')
  t.equal(new Set(panels.map(({ id }) => id)).size, panels.length)
  const taken = new Set<string>()
  for (const { gridPos, title } of panels) {
    if (!isRecord(gridPos)) throw new Error(`${title} has no place`)
    const [x, y, w, h] = ['x', 'y', 'w', 'h'].map(key => Number(gridPos[key]))
    if (x === undefined || y === undefined || w === undefined || h === undefined) throw new Error('there are four')
    t.ok(x >= 0 && w > 0 && x + w <= 24 && h > 0, String(title))
    for (let column = x; column < x + w; column++) {
      for (let row = y; row < y + h; row++) {
        if (taken.has(`${column} ${row}`)) t.fail(`${title} lies upon another`)
        taken.add(`${column} ${row}`)
      }
    }
  }
})

t.test('the test sees what it is there for', async t => {
  t.strictSame(metricsIn('sum by (le) (rate(headrace_request_duration_seconds_bucket{pool="a"}[5m]))').unknown, [])
  t.strictSame(metricsIn('headrace_request_duration_seconds').unknown, ['headrace_request_duration_seconds'])
  t.strictSame(metricsIn('sum by (nobody) (headrace_panic{pool="a", where="b"})').unknown, ['headrace_panic{where}', 'by (nobody)'])
})
