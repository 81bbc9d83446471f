import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import ts from 'typescript'

const SRC = fileURLToPath(new URL('../src/', import.meta.url))

/** An import may only point to a floor above (further up in this list) or into its own room. */
const FLOORS: ReadonlyArray<readonly string[]> = [
  ['base'],
  // `backend` runs in the user's own service: it stands on base, and nothing of the proxy may lean on it.
  ['balancing', 'backend'],
  ['upstream'],
  // `simulation` plays traffic in virtual time over the strategies themselves: nothing of the network is in it.
  ['transport', 'health', 'discovery', 'simulation'],
  ['proxy'],
  ['config'],
  ['admin'],
  ['server'],
  ['index'],
  ['cli']
]

/** What only src/base may use: everybody else takes a Clock, a TimerWheel or a Random. */
const TIME = new Set([
  'setTimeout', 'setInterval', 'setImmediate', 'Date.now', 'new Date', 'performance.now', 'Math.random',
  'node:timers', 'node:timers/promises', 'node:perf_hooks'
])
/** What only src/cli and src/base may use. */
const PROCESS = new Set(['process', 'node:process'])

interface SourceFile {
  /** Relative to src, with forward slashes. */
  readonly name: string
  readonly room: string
  /** Specifiers as they are written. */
  readonly imports: readonly string[]
  /** Members of TIME and PROCESS that occur. */
  readonly uses: readonly string[]
}

function inspect (name: string, text: string): SourceFile {
  const imports: string[] = []
  const uses: string[] = []
  const visit = (node: ts.Node): void => {
    const specifier = importedBy(node)
    if (specifier !== null) imports.push(specifier)
    const used = restrictedBy(node)
    if (used !== null) uses.push(used)
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true))
  uses.push(...imports.map(name => name.startsWith('node:') ? name : `node:${name}`).filter(name => TIME.has(name) || PROCESS.has(name)))
  return { name, room: name.includes('/') ? name.slice(0, name.indexOf('/')) : name.replace(/\.ts$/, ''), imports, uses }
}

function importedBy (node: ts.Node): string | null {
  if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier !== undefined) {
    return ts.isStringLiteral(node.moduleSpecifier) ? node.moduleSpecifier.text : null
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument) && ts.isStringLiteral(node.argument.literal)) {
    return node.argument.literal.text
  }
  const first = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword ? node.arguments[0] : undefined
  return first !== undefined && ts.isStringLiteral(first) ? first.text : null
}

function restrictedBy (node: ts.Node): string | null {
  if (ts.isNewExpression(node) && node.expression.getText() === 'Date') return 'new Date'
  if (ts.isPropertyAccessExpression(node)) {
    const text = node.getText().replace(/\s+/g, '')
    return TIME.has(text) ? text : null
  }
  if (!ts.isIdentifier(node) || !(TIME.has(node.text) || PROCESS.has(node.text))) return null
  // A member, property, parameter or variable of that name is not the global.
  const { parent } = node
  const isName = (ts.isPropertyAccessExpression(parent) || ts.isBindingElement(parent) || ts.isPropertyAssignment(parent) ||
    ts.isPropertySignature(parent) || ts.isMethodDeclaration(parent) || ts.isMethodSignature(parent)) && parent.name === node
  return isName ? null : node.text
}

/** The file that a relative import names, relative to src; null for packages. */
function resolve (from: SourceFile, specifier: string): string | null {
  if (!specifier.startsWith('.')) return null
  return join(dirname(from.name), specifier).split(sep).join('/').replace(/\.js$/, '.ts')
}

function floor (room: string): number {
  return FLOORS.findIndex(rooms => rooms.includes(room))
}

function badEdges (files: readonly SourceFile[]): string[] {
  return files.flatMap(file => file.imports.flatMap(specifier => {
    const to = resolve(file, specifier)
    if (to === null) return []
    const room = inspect(to, '').room
    const allowed = room === file.room || (floor(room) !== -1 && floor(room) < floor(file.room))
    return allowed ? [] : [`${file.name} -> ${to}`]
  }))
}

function cycles (files: readonly SourceFile[]): string[] {
  const edges = new Map(files.map(file => [file.name, file.imports.map(specifier => resolve(file, specifier))]))
  const found: string[] = []
  const done = new Set<string>()
  const walk = (name: string, path: readonly string[]): void => {
    if (path.includes(name)) found.push([...path.slice(path.indexOf(name)), name].join(' -> '))
    if (path.includes(name) || done.has(name)) return
    for (const next of edges.get(name) ?? []) {
      if (next !== null) walk(next, [...path, name])
    }
    done.add(name)
  }
  for (const name of edges.keys()) walk(name, [])
  return found
}

function uses (files: readonly SourceFile[], what: ReadonlySet<string>, allowed: (file: SourceFile) => boolean): string[] {
  return files.filter(file => !allowed(file)).flatMap(file => file.uses.filter(use => what.has(use)).map(use => `${file.name}: ${use}`))
}

const files = readdirSync(SRC, { recursive: true, withFileTypes: true })
  .filter(entry => entry.isFile() && entry.name.endsWith('.ts'))
  .map(entry => join(entry.parentPath, entry.name))
  .map(path => inspect(relative(SRC, path).split(sep).join('/'), readFileSync(path, 'utf8')))

t.ok(files.length > 10, 'the files are found')
t.strictSame(files.filter(file => floor(file.room) === -1).map(file => file.name), [], 'every file is in a known room')
t.strictSame(badEdges(files), [], 'imports point to the rooms above')
t.strictSame(cycles(files), [], 'no file imports itself by a detour')
const ofBackend = 'backend/node-process.ts'
t.strictSame(uses(files, TIME, file => file.room === 'base' || file.name === ofBackend), [], 'time and chance come from src/base')
t.strictSame(uses(files, PROCESS, file => file.room === 'base' || file.room === 'cli' || file.name === ofBackend), [], 'only src/cli touches the process')
t.strictSame(
  files.filter(file => file.room !== 'backend').flatMap(file => file.imports.filter(name => name.includes('/backend/')).map(name => `${file.name}: ${name}`)), [],
  'the backend plugin is nobody else\'s'
)
t.strictSame(
  files.filter(file => file.room === 'balancing').flatMap(file => file.imports.filter(name => name.startsWith('node:'))), [],
  'balancing is pure: nothing of node in it'
)

t.test('the test itself sees what it is there for', async t => {
  const seen = (name: string, text: string): SourceFile => inspect(name, text)
  const bad = [
    seen('base/a.ts', "import type { B } from '../balancing/b.js'"),
    seen('health/a.ts', "export { x } from '../transport/transport.js'"),
    seen('proxy/a.ts', "type X = import('../config/config.js').Config"),
    seen('server/a.ts', "await import('../cli.js')"),
    seen('server/b.ts', "import '../nowhere/a.js'")
  ]
  t.equal(badEdges(bad).length, bad.length)
  t.strictSame(badEdges([seen('cli.ts', "import './index.js'\nimport './server/a.js'"), seen('proxy/a.ts', "import './b.js'\nimport 'undici'")]), [])
  t.strictSame(cycles([seen('a/x.ts', "import './y.js'"), seen('a/y.ts', "import type {} from './z.js'"), seen('a/z.ts', "import './y.js'")]),
    ['a/y.ts -> a/z.ts -> a/y.ts'])
  t.strictSame(seen('a.ts', 'setTimeout(f); Date.now(); new Date(); performance\n.now(); Math.random(); const f = setImmediate').uses,
    ['setTimeout', 'Date.now', 'new Date', 'performance.now', 'Math.random', 'setImmediate'])
  t.strictSame(seen('a.ts', "process.exit(); import 'node:process'; import 'timers/promises'").uses, ['process', 'node:process', 'node:timers/promises'])
  t.strictSame(seen('a.ts', "// process.exit()\nconst text = 'Date.now()'; socket.setTimeout(5); child.process; Math.floor(1)").uses, [])
})
