import { readFileSync } from 'node:fs'
import t from 'tap'
import { strategyKinds } from '../../src/balancing/strategies.js'
import { isRecord } from '../../src/config/place.js'
import { loadConfig } from '../../src/config/load.js'
import { codeBlocks, sections } from '../fixtures/markdown.js'

const ROOT = new URL('../../', import.meta.url)
const readme = readFileSync(new URL('README.md', ROOT), 'utf8')

function part (heading: string): string {
  const [, text = ''] = readme.split(`\n## ${heading}\n`)
  return text.split('\n## ')[0] ?? ''
}

/** Puts pieces of one document together: objects key by key, lists one after the other. */
function together (a: unknown, b: unknown): unknown {
  if (Array.isArray(a) && Array.isArray(b)) return [...a, ...b]
  if (!isRecord(a) || !isRecord(b)) return b
  const sum: Record<string, unknown> = { ...a }
  for (const [key, value] of Object.entries(b)) sum[key] = key in a ? together(a[key], value) : value
  return sum
}

t.test('the pieces of the walk-through make config.example.json', async t => {
  const pieces = codeBlocks(part('The config, piece by piece'), 'json').map((text): unknown => JSON.parse(text))
  t.ok(pieces.length > 3)
  t.same(pieces.reduce(together), JSON.parse(readFileSync(new URL('config.example.json', ROOT), 'utf8')))
})

t.test('the shortest config is one', async t => {
  const [text = ''] = codeBlocks(part('One minute'), 'json')
  t.doesNotThrow(() => loadConfig(JSON.parse(text)))
})

t.test('code is taken from the examples, line by line', async t => {
  const found = [...readme.matchAll(/<!-- example: (\S+) -->\n```js\n([\s\S]*?)^```$/gm)]
  t.equal(found.length, 4)
  for (const [, name = '', code = ''] of found) {
    const lines = readFileSync(new URL(`examples/${name}`, ROOT), 'utf8').split('\n').map(line => line.trim())
    let at = 0
    for (const line of code.split('\n').map(line => line.trim())) {
      if (line === '') continue
      const index = lines.indexOf(line, at)
      t.not(index, -1, `${name}: ${line}`)
      if (index !== -1) at = index + 1
    }
  }
})

t.test('every strategy is in the table', async t => {
  const table = sections(readme).find(section => section.heading === 'Strategies')?.table ?? []
  t.strictSame(table.map(([name]) => name), strategyKinds.map(kind => `\`${kind.name}\``))
})
