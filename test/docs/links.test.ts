import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { sections } from '../fixtures/markdown.js'

const ROOT = new URL('../../', import.meta.url)

/** Markdown pages, relative to the root. */
const pages = [
  'README.md',
  'CHANGELOG.md',
  ...readdirSync(new URL('docs', ROOT), { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.md')).map(name => join('docs', name))
]

/** What a hosting site calls a heading. */
function anchor (heading: string): string {
  return heading.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-')
}

for (const page of pages) {
  t.test(`links of ${page}`, async t => {
    const text = readFileSync(new URL(page, ROOT), 'utf8')
    for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target)) continue
      const [path = '', fragment] = target.split('#')
      const file = path === '' ? new URL(page, ROOT) : new URL(path, new URL(page, ROOT))
      t.ok(existsSync(file), `${target} exists`)
      if (fragment === undefined || !existsSync(file)) continue
      const anchors = sections(readFileSync(fileURLToPath(file), 'utf8')).map(section => anchor(section.heading))
      t.ok(anchors.includes(fragment), `${target} is a heading`)
    }
  })
}
