import { existsSync, readFileSync } from 'node:fs'
import t from 'tap'
import { sections } from '../fixtures/markdown.js'

const ROOT = new URL('../../', import.meta.url)
const page = sections(readFileSync(new URL('docs/dependencies.md', ROOT), 'utf8'))

/** A package.json has this shape. */
interface Manifest {
  readonly license?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

function manifest (path: string): Manifest {
  return JSON.parse(readFileSync(new URL(path, ROOT), 'utf8')) as Manifest
}

function rows (heading: string): ReadonlyArray<readonly string[]> {
  return page.find(section => section.heading === heading)?.table ?? []
}

const { dependencies = {}, devDependencies = {} } = manifest('package.json')

for (const [heading, packages] of [['At run time', dependencies], ['For development', devDependencies]] as const) {
  t.test(`${heading}: one row for each package`, async t => {
    t.strictSame(rows(heading).map(([name]) => name).sort(), Object.keys(packages).map(name => `\`${name}\``).sort())
  })

  t.test(`${heading}: the licences are those of the packages, and each has its reason`, async t => {
    for (const [name = '', licence, where = '', why = ''] of rows(heading)) {
      t.equal(licence, manifest(`node_modules/${name.replaceAll('`', '')}/package.json`).license, name)
      t.ok(where !== '' && why !== '', `${name}: where and why`)
    }
  })
}

t.test('the files it names exist', async t => {
  for (const cell of page.flatMap(section => section.table.map(row => section.heading === 'What we write ourselves' ? row[1] : row[2]))) {
    for (const [, path = ''] of (cell ?? '').matchAll(/`((?:src|test|bench)\/[^`]+)`/g)) t.ok(existsSync(new URL(path, ROOT)), path)
  }
})
