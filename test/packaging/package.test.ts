import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import t from 'tap'
import ts from 'typescript'
import { isRecord } from '../../src/config/place.js'
import { directory } from '../fixtures/directory.js'
import { readStages } from './dockerfile.js'
import { run, shellEnvironment } from './npm.js'
import { object, ROOT, text } from './repository.js'

const manifest = object(text('package.json'))
const folder = await directory(t)
/** What the image is built from. */
const context = join(folder, 'context')
/** A project that uses the package. */
const project = join(folder, 'project')

/** Paths of the tarball. */
interface Packed {
  readonly filename: string
  readonly files: ReadonlyArray<{ readonly path: string }>
}

/** What belongs into the package. Scenarios are read by the simulator. */
const NEEDED = [
  /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|config\.schema\.json|config\.example\.json)$/,
  /^dist\//,
  /^docs\//,
  /^examples\//,
  /^bench\/scenarios\/[\w-]+\.json$/
]
const NEVER = /(^|\/)(test|tests|node_modules|\.tap|coverage)\/|\.(map|tsbuildinfo|tgz|log)$|\.test\.|(?<!\.d)\.ts$|(^|\/)\.env(?!\.example$)/

t.before(async () => { await Promise.all([mkdir(context), mkdir(project)]) })

t.test('the files that the Dockerfile copies are enough to build it', async t => {
  for (const { from, sources } of readStages('Dockerfile')[0]?.copies ?? []) {
    if (from === null) await Promise.all(sources.map(source => cp(join(ROOT, source), join(context, source), { recursive: true })))
  }
  await symlink(join(ROOT, 'node_modules'), join(context, 'node_modules'))
  await run(context, 'npm', 'run', 'build', '--silent')
  t.ok(existsSync(join(context, 'dist/cli.js')))
})

let packed: Packed

t.test('the package has what is needed and nothing else', async t => {
  t.match(isRecord(manifest['scripts']) && manifest['scripts']['prepack'], /npm run build/, 'what is packed was built before')

  // The rest of the repository, so that there is something to leave out.
  const rest = (await readdir(ROOT)).filter(name => !existsSync(join(context, name)) && !/^(\.git|\.tap|dist-.*|coverage)$/.test(name))
  await Promise.all(rest.map(name => cp(join(ROOT, name), join(context, name), { recursive: true })))
  // npm answers with a list of what it packed.
  const [first] = JSON.parse(await run(context, 'npm', 'pack', '--ignore-scripts', '--json', '--pack-destination', folder)) as Packed[]
  if (first === undefined) throw new Error('nothing was packed')
  packed = first

  const paths = packed.files.map(({ path }) => path)
  for (const path of paths) t.ok(NEEDED.some(pattern => pattern.test(path)) && !NEVER.test(path), path)
  for (const path of ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'config.schema.json', 'config.example.json', 'docs/configuration.md']) {
    t.ok(paths.includes(path), `${path} is in it`)
  }
  const dead = paths.filter(path => path.endsWith('.md')).flatMap(page => linksOf(page).filter(link => !paths.some(path => path === link || path.startsWith(link))))
  t.strictSame([...new Set(dead)].sort(), ['Dockerfile', 'bench/chaos/peers/'], 'images are built from the repository, as benchmarks are; all else that the pages lead to is in it')
  for (const entry of entries()) t.ok(paths.includes(entry), `${entry}, which package.json names, is in it`)
})

/** Files and folders that a page sends its readers to, but for pictures, which are shown where it is read. */
function linksOf (page: string): readonly string[] {
  return [...text(page).matchAll(/(?<!!)\]\(([^)\s#]+)[^)]*\)/g)].map(([, link = '']) => link)
    .filter(link => !/^https?:|\.png$/.test(link)).map(link => join(dirname(page), link))
}

/** Files that package.json sends its users to. */
function entries (): readonly string[] {
  const found: string[] = []
  const walk = (value: unknown): void => {
    if (typeof value === 'string') found.push(value.replace(/^\.\//, ''))
    else if (isRecord(value)) Object.values(value).forEach(walk)
  }
  for (const key of ['bin', 'exports', 'types']) walk(manifest[key])
  return [...new Set(found)]
}

t.test('what is built imports nothing but what the package depends on', async t => {
  const dist = join(context, 'dist')
  const files = (await readdir(dist, { recursive: true })).filter(name => /\.(js|d\.ts)$/.test(name))
  const code = (await Promise.all(files.map(name => readFile(join(dist, name), 'utf8')))).join('\n')
  const imported = [...code.matchAll(/(?:^import|from|import\() ?'((?:@[\w.-]+\/)?[\w.-]+)(?:\/[^']*)?'/gm)].flatMap(([, name = '']) => /^\.|^node$/.test(name) ? [] : [name])
  t.ok(imported.includes('fastify'))
  const dependencies = Object.keys(object(JSON.stringify(manifest['dependencies'])))
  t.strictSame([...new Set(imported)].filter(name => !dependencies.includes(name)), [])
})

t.test('it can be installed where engines count, with no more than it depends on', async t => {
  await writeFile(join(project, 'package.json'), JSON.stringify({ name: 'project', version: '1.0.0', private: true, type: 'module' }))
  // On the oldest Node that is promised this fails for a package that wants a newer one.
  await run(project, 'npm', 'install', '--engine-strict', '--prefer-offline', '--no-audit', '--no-fund', join(folder, packed.filename))
  t.ok(existsSync(join(project, 'node_modules/headrace/dist/cli.js')))
  const missing = Object.keys(object(JSON.stringify(manifest['dependencies']))).filter(name => !existsSync(join(project, 'node_modules', name)))
  t.strictSame(missing, [], 'with all dependencies')
  t.notOk(['typescript', 'tap', 'eslint'].some(name => existsSync(join(project, 'node_modules', name))), 'and no tool of ours')
})

t.test('npx headrace --version', async t => {
  t.equal(await run(project, 'npx', '--no', 'headrace', '--', '--version'), `${String(manifest['version'])}\n`)
})

t.test('npx headrace check, with the example config of the package', async t => {
  const output = await run(project, 'npx', '--no', 'headrace', '--', 'check', '--config', 'node_modules/headrace/config.example.json')
  t.match(object(output), { pools: { api: {}, web: {} } })
})

t.test('every entry point can be imported', async t => {
  const names = Object.keys(object(JSON.stringify(manifest['exports']))).map(path => path.replace(/^\./, 'headrace'))
  const script = `
    const found = {}
    for (const name of ${JSON.stringify(names)}) {
      const module = name.endsWith('.json') ? await import(name, { with: { type: 'json' } }) : await import(name)
      found[name] = Object.fromEntries(Object.entries(module).map(([key, value]) => [key, typeof value]))
    }
    console.log(JSON.stringify(found))`
  const found = object(await run(project, process.execPath, '--no-warnings', '--input-type=module', '--eval', script))
  t.strictSame(Object.keys(found), names)
  t.match(found, {
    headrace: { default: 'function', startProxy: 'function', balancedDispatcher: 'function', balancedHttpProxy: 'function' },
    'headrace/backend': { default: 'function' },
    'headrace/config.schema.json': { default: 'object' }
  })
})

t.test('TypeScript finds the types of every entry point', async t => {
  const options = { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext }
  for (const [name, file] of [['headrace', 'dist/index.d.ts'], ['headrace/backend', 'dist/backend/index.d.ts']] as const) {
    const found = ts.resolveModuleName(name, join(project, 'index.ts'), options, ts.sys, undefined, undefined, ts.ModuleKind.ESNext)
    t.match(found.resolvedModule?.resolvedFileName, new RegExp(`/node_modules/headrace/${file}$`))
  }
})

t.test('it runs, and passes a request on', async t => {
  const backend = createServer((request, response) => { response.end(`the backend has ${request.url}`) }).listen(0, '127.0.0.1')
  t.teardown(() => {
    backend.close()
    backend.closeAllConnections()
  })
  await once(backend, 'listening')
  // A TCP server's address is an object.
  const { port } = backend.address() as { port: number }
  await writeFile(join(project, 'config.json'), JSON.stringify({
    listen: { host: '127.0.0.1', port: 0 }, pools: { api: { targets: [`http://127.0.0.1:${port}`], healthCheck: true } }
  }))

  const proxy = spawn(join(project, 'node_modules/.bin/headrace'), ['--config', 'config.json'], {
    cwd: project, env: shellEnvironment(), stdio: ['ignore', 'pipe', 'inherit']
  })
  const closed = once(proxy, 'close')
  t.teardown(async () => {
    proxy.kill('SIGKILL')
    await closed
  })
  const address = await new Promise<string>((resolve, reject) => {
    createInterface(proxy.stdout).on('line', line => {
      const { msg, address } = object(line)
      if (msg === 'listening') resolve(String(address))
    })
    closed.then(() => { reject(new Error('it ended before it listened')) }, reject)
  })

  const response = await fetch(`${address}/hello?of=the-package`)
  t.equal(response.status, 200)
  t.equal(await response.text(), 'the backend has /hello?of=the-package')

  proxy.kill('SIGTERM')
  t.strictSame(await closed, [0, null], 'and ends in order')
})
