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
    const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)
    t.strictSame(targets.filter(target => !/^https?:/.test(target) && isBroken(new URL(page, ROOT), target)), [])
  })
}

/** Is there no such file, or no such heading in it? */
function isBroken (page: URL, target: string): boolean {
  const [path = '', fragment] = target.split('#')
  const file = path === '' ? page : new URL(path, page)
  if (!existsSync(file)) return true
  if (fragment === undefined) return false
  return !sections(readFileSync(fileURLToPath(file), 'utf8')).some(section => anchor(section.heading) === fragment)
}
