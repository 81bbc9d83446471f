import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import ts from 'typescript'
import type { Candidate, NonEmpty } from '../../src/balancing/strategy.js'
import { loadConfig } from '../../src/config/load.js'
import { loadStrategyModule, modulePath } from '../../src/config/strategy-module.js'
import { moduleKind } from '../../src/config/strategy-spec.js'
import { context, contextOf, FakeCandidate, nonEmpty } from '../balancing/fake-candidate.js'
import { faultsOf } from '../fixtures/faults-of.js'
import { codeBlocks } from '../fixtures/markdown.js'

const second = new FakeCandidate('second')
const list: NonEmpty<Candidate> = [new FakeCandidate('first'), second, new FakeCandidate('third')]

const load = (strategy: unknown, directory: string) => loadConfig({ pools: { api: { targets: ['http://a:1'], strategy } } }, { directory }).pools['api']?.strategy
const faults = (strategy: unknown, directory: string) => faultsOf({ pools: { api: { targets: ['http://a:1'], strategy } } }, { directory })
const pick = (path: string, options: object = {}): Candidate => loadStrategyModule(path).create(options).prepare(list).pick(context())

t.test('whatever a module exports as its strategy', async t => {
  const picks = 'targets => targets[2]'
  const strategy = '({ prepare: targets => ({ pick: () => targets[2] }) })'
  const kind = `({ create: () => ${strategy} })`
  const files: Record<string, string> = {
    'function.mjs': `export default ${picks}`,
    'function.cjs': `module.exports = ${picks}`,
    'transpiled.cjs': `Object.defineProperty(exports, '__esModule', { value: true }); exports.default = ${picks}`,
    'with-default.cjs': `module.exports = ${picks}; module.exports.default = 'not this'`,
    'strategy.mjs': `export default ${strategy}`,
    'strategy.cjs': `module.exports = ${strategy}`,
    'class.mjs': 'class Last { prepare (targets) { return { pick: () => targets[2] } } }\nexport default new Last()',
    'kind.mjs': `export default ${kind}`,
    'kind.cjs': `module.exports = ${kind}`,
    'kind-class.mjs': `class Kind { create () { return ${strategy} } }\nexport default new Kind()`
  }
  const directory = t.testdir(files)
  for (const name of Object.keys(files)) t.equal(pick(join(directory, name)), list[2], name)
})

t.test('a function is given the targets, the request and its options', async t => {
  const directory = t.testdir({ 'by-header.mjs': 'export default (targets, { request }, { field }) => targets.find(target => target.id.endsWith(request.header(field)))' })
  const path = join(directory, 'by-header.mjs')
  const picker = loadStrategyModule(path).create({ field: 'x-wanted' }).prepare(list)
  const wanted = second.id
  t.equal(picker.pick({ ...context(), request: { ...context().request, header: name => name === 'x-wanted' ? wanted : undefined } }), second)
})

t.test('the one in the docs does what they say', async t => {
  const [, page = ''] = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8').split('### A strategy of your own')
  const [text = ''] = codeBlocks(page, 'js')
  const path = join(t.testdir({ 'by-tenant.mjs': text }), 'by-tenant.mjs')
  const targets = ['http://small.internal', 'http://big.internal', 'http://big.spare.internal'].map(origin => new FakeCandidate(`api/${origin}`))
  const picker = loadStrategyModule(path).create({ field: 'x-tenant' }).prepare(nonEmpty(targets))
  const of = (tenant: string) => new Set(Array.from({ length: 50 }, (_, i) => picker.pick(contextOf({ headers: { 'x-tenant': tenant } }, () => i / 50))))
  t.strictSame([...of('big')], [targets[1], targets[2]])
  t.strictSame([...of('tiny')], targets)
})

t.test('a kind says what options it takes, and they are checked, converted and filled in', async t => {
  const directory = t.testdir({
    'kind.cjs': `module.exports = {
      name: 'whatever',
      schema: { properties: { field: { type: 'string' }, size: { type: 'integer', default: 7 } }, required: ['field'] },
      create: options => ({ options, prepare: targets => ({ pick: () => targets[0] }) })
    }`
  })
  t.strictSame(load({ module: './kind.cjs', options: { field: 'x' } }, directory), {
    name: './kind.cjs', module: join(directory, 'kind.cjs'), options: { field: 'x', size: 7 }, beneath: null
  })
  t.match(loadConfig({ pools: { api: { targets: ['http://a:1'], strategy: { module: '${MODULE}', options: { field: 'x', size: '${SIZE}' } } } } }, { directory, env: { MODULE: './kind.cjs', SIZE: '9' } }).pools['api']?.strategy, {
    options: { size: 9 }
  })
  t.strictSame(faults({ module: './kind.cjs' }, directory), ['pools.api.strategy.options.field: required: expected a string'])
  t.strictSame(faults({ module: './kind.cjs', options: { field: 1, sise: 2 } }, directory), [
    'pools.api.strategy.options.sise: unknown key, did you mean "size"?',
    'pools.api.strategy.options.field: expected a string, got 1'
  ])
  t.match(loadStrategyModule(join(directory, 'kind.cjs')).create({ field: 'x' }), { options: { field: 'x' } })
})

t.test('a kind may have another strategy beneath', async t => {
  const directory = t.testdir({ 'over.cjs': 'module.exports = { wraps: true, schema: { properties: { strategy: {} } }, create: (options, beneath) => beneath() }' })
  t.match(load({ module: './over.cjs', options: { strategy: { name: 'consistent-hash', key: 'path' } } }, directory), {
    module: join(directory, 'over.cjs'), options: {}, beneath: { name: 'consistent-hash', options: { key: 'path' } }
  })
  t.match(load({ name: 'sticky', secret: 'sixteen-characters', strategy: { module: './over.cjs' } }, directory), {
    name: 'sticky', beneath: { module: join(directory, 'over.cjs'), beneath: { name: 'round-robin' } }
  })
})

t.test('functions and strategies without a schema take any options', async t => {
  const directory = t.testdir({ 'any.cjs': 'module.exports = targets => targets[0]' })
  t.match(load({ module: './any.cjs', options: { any: { thing: [1] } } }, directory)?.options, { any: { thing: [1] } })
  t.strictSame(load({ module: './any.cjs' }, directory)?.options, {})
  t.strictSame(faults({ module: './any.cjs', options: [] }, directory), ['pools.api.strategy.options: expected an object, got a list'])
  t.strictSame(faults({ module: './any.cjs', options: null }, directory), ['pools.api.strategy.options: expected an object, got null'])
})

t.test('a path is relative to the config file, a name is that of a package', async t => {
  const directory = t.testdir({ conf: {}, own: { 'mine.cjs': 'module.exports = () => {}' } })
  t.equal(modulePath('../own/mine.cjs', join(directory, 'conf')), join(directory, 'own', 'mine.cjs'))
  t.equal(modulePath(join(directory, 'x.js'), '/elsewhere'), join(directory, 'x.js'))
  t.equal(modulePath('./x.js', ''), join(process.cwd(), 'x.js'), 'without a config file it is the working directory')
  const home = join(directory, 'conf', 'node_modules', 'strategy-of-mine')
  mkdirSync(home, { recursive: true })
  writeFileSync(join(home, 'package.json'), '{ "name": "strategy-of-mine", "type": "module", "exports": "./main.js" }')
  writeFileSync(join(home, 'main.js'), 'export default targets => targets[1]')
  const spec = load({ module: 'strategy-of-mine' }, join(directory, 'conf'))
  t.match(spec, { name: 'strategy-of-mine', module: join(home, 'main.js') })
  t.equal(pick(spec?.module ?? ''), second)
  t.match(faults({ module: 'strategy-of-mine' }, directory), [/^pools\.api\.strategy\.module: cannot load "strategy-of-mine": Cannot find module 'strategy-of-mine'$/])
})

t.test('why a module cannot be loaded, in one line', async t => {
  const directory = t.testdir({
    'throws.cjs': 'throw new Error("not today\\nand not tomorrow")',
    'throws-text.cjs': 'throw "no"',
    'throws.mjs': 'throw new Error("not today")',
    'broken.cjs': 'module.exports = (',
    'waits.mjs': 'export default await Promise.resolve(targets => targets[0])',
    'nothing.mjs': 'export const pick = targets => targets[0]',
    'number.cjs': 'module.exports = 7',
    'class.mjs': 'export default class Mine { prepare () {} }',
    'schema.cjs': 'module.exports = { schema: { type: "nonsense" }, create () {} }',
    'missing.cjs': 'require("./not-there.cjs")'
  })
  const cases: ReadonlyArray<readonly [string, string | RegExp]> = [
    ['nowhere.js', /^Cannot find module '.*nowhere\.js'$/],
    ['throws.cjs', 'not today'],
    ['throws-text.cjs', 'no'],
    ['throws.mjs', 'not today'],
    ['broken.cjs', /^Unexpected end of input|^Unexpected token/],
    ['waits.mjs', /top-level await/],
    ['nothing.mjs', 'its default export is neither a function that picks, nor a strategy with "prepare", nor a kind with "create"'],
    ['number.cjs', 'its default export is neither a function that picks, nor a strategy with "prepare", nor a kind with "create"'],
    ['class.mjs', 'its default export is a class: export a kind, { create: options => new YourStrategy(options) }'],
    ['schema.cjs', /^schema is invalid: data\/type must be equal to one of the allowed values/],
    ['missing.cjs', /^Cannot find module '\.\/not-there\.cjs'$/]
  ]
  for (const [name, reason] of cases) {
    const [fault = '', ...more] = faults({ module: `./${name}` }, directory)
    const start = `pools.api.strategy.module: cannot load "./${name}": `
    t.strictSame(more, [], name)
    t.equal(fault.slice(0, start.length), start)
    t.match(fault.slice(start.length), reason, name)
  }
})

t.test('a function may do with its list what it likes: the next pick has all again', async t => {
  const directory = t.testdir({ 'takes.cjs': 'module.exports = targets => { const [chosen] = targets; targets.length = 0; return chosen }' })
  const picker = loadStrategyModule(join(directory, 'takes.cjs')).create({}).prepare(list)
  for (let i = 0; i < 3; i++) t.equal(picker.pick(context()), list[0])
})

t.test('a module that Node cannot read as TypeScript says what helps', async t => {
  // In a process of its own: the runner's loaders would read it.
  const source = (name: string): string => ts.transpileModule(readFileSync(new URL(`../../src/config/${name}.ts`, import.meta.url), 'utf8'), {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true }
  }).outputText
  const directory = t.testdir({
    'package.json': '{ "type": "module" }',
    'strategy-module.js': source('strategy-module'),
    'place.js': source('place'),
    'main.js': `import { loadStrategyModule } from './strategy-module.js'
      for (const path of process.argv.slice(2)) try { loadStrategyModule(path) } catch (error) { console.log(error.name + ': ' + error.message) }`,
    // Broken in either language, so that no version of Node reads them.
    own: { 'package.json': '{}', 'a.ts': 'module.exports = (', 'b.mts': 'export default (', 'c.cjs': 'module.exports = (', 'd.ts': 'throw new Error("mine")' }
  })
  const paths = ['a.ts', 'b.mts', 'c.cjs', 'd.ts'].map(name => join(directory, 'own', name))
  const lines = execFileSync(process.execPath, [join(directory, 'main.js'), ...paths], { encoding: 'utf8', env: {} }).trim().split('\n')
  const hint = /^SyntaxError: .+: compile it to JavaScript, or use a Node that reads TypeScript \(22\.18 or later\)$/
  t.equal(lines.length, 4)
  t.strictSame(lines.map(line => hint.test(line)), [true, true, false, false], lines.join('\n'))
})

t.test('is loaded once, however often the config is read', async t => {
  const directory = t.testdir({ 'counted.cjs': 'globalThis.timesLoaded = (globalThis.timesLoaded ?? 0) + 1; module.exports = targets => targets[0]' })
  t.teardown(() => { Reflect.deleteProperty(globalThis, 'timesLoaded') })
  load({ module: './counted.cjs' }, directory)
  load({ module: './counted.cjs', options: { a: 1 } }, directory)
  t.equal(Reflect.get(globalThis, 'timesLoaded'), 1)
  const path = join(directory, 'counted.cjs')
  t.equal(moduleKind(path), moduleKind(path))
})

t.test('one that failed is tried again when the config is read again', async t => {
  const directory = t.testdir({ 'later.cjs': 'throw new Error("not yet")' })
  t.equal(faults({ module: './later.cjs' }, directory).length, 1)
  writeFileSync(join(directory, 'later.cjs'), 'module.exports = targets => targets[0]')
  t.strictSame(faults({ module: './later.cjs' }, directory), [])
})
