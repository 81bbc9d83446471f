import { build, transform } from 'esbuild'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { dirname, join, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { buildType } from '../build/type.js'

// Runs test files, those that are named (or their folders) or all, each in a process of its own. They are made JavaScript once, and before that: tap's own command
// loads a compiler and what coverage needs into each of these processes, which doubles the time that all take together.

/** Seconds that a file may take. */
const LIMIT = Number(process.env['TAP_TIMEOUT'] ?? 480)

const OUT = 'dist-test'

await rm(OUT, { recursive: true, force: true })
await Promise.all(['src', 'test', 'bench'].map(compile))
await Promise.all([buildType(`${OUT}/src/base/type.js`), bundleTap()])

const named = process.argv.slice(2)
const failed = []
const failures = []

// Each file has its own limit.
t.setTimeout(0)
// Some wait for real time most of theirs.
t.jobs = availableParallelism() + 1

for (const file of await chosen()) {
  const options = { timeout: LIMIT * 1000, buffered: true, env: { ...process.env, TAP_TIMEOUT: String(LIMIT) } }
  const run = t.spawn(process.execPath, ['--enable-source-maps', compiled(file)], options, file)
  if (run.subtest !== undefined) collectFailures(run.subtest.parser)
  run.then(result => { if (result?.ok !== true) failed.push(file) })
}

// Once more what matters, behind all the rest.
process.once('exit', () => {
  for (const file of failed) console.log(`# failed: ${file}`)
  for (const { fullname, diag } of failures) console.log(`# not ok: ${fullname}\n${JSON.stringify(diag, null, 2)}`)
})

/** Keeps the failures of a file, but not those of tests because of a test in them. */
function collectFailures (parser) {
  parser.on('child', collectFailures)
  parser.on('assert', result => { if (!result.ok && result.closingTestPoint !== true) failures.push(result) })
}

async function chosen () {
  const all = await allFiles()
  const missing = named.find(name => !all.some(file => isOf(file, name)))
  if (missing !== undefined) throw new Error(`no test file is ${missing}, or in it`)
  return named.length === 0 ? all : all.filter(file => named.some(name => isOf(file, name)))
}

function isOf (file, name) {
  return file === join(name) || file.startsWith(join(name, sep))
}

/** Those over real processes, which take longest, and the compiler come first: none of them runs alone in the end. */
async function allFiles () {
  const all = (await sources('test')).filter(file => file.endsWith('.test.ts')).sort()
  const rank = file => Number(!/^test\/((e2e|bench|packaging|abuse)\/|types\.)/.test(file))
  return all.sort((a, b) => rank(a) - rank(b))
}

async function compile (folder) {
  await Promise.all((await sources(folder)).map(async file => {
    const { code } = await transform(await readFile(file, 'utf8'), {
      loader: 'ts',
      format: 'esm',
      target: 'node20',
      sourcefile: pathToFileURL(file).href,
      sourcemap: 'inline',
      sourcesContent: false,
      // What lies beside a source lies beside that, and not here. The bench's modules start each other, as they are here.
      define: folder === 'bench' ? {} : { 'import.meta.url': JSON.stringify(pathToFileURL(file).href) }
    })
    await mkdir(dirname(compiled(file)), { recursive: true })
    await writeFile(compiled(file), code)
  }))
}

/** Makes one file of several hundred: each of these processes loads them all. Found before the real one from within `OUT`. */
async function bundleTap () {
  const folder = join(OUT, 'node_modules/tap')
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'package.json'), '{ "type": "module", "exports": "./index.js" }')
  await build({
    stdin: { contents: "export * from 'tap'; export { default } from 'tap'", resolveDir: '.' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    outfile: join(folder, 'index.js'),
    // Parts of it are CommonJS.
    banner: { js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url); const __dirname = import.meta.dirname; const __filename = import.meta.filename;" }
  })
}

async function sources (folder) {
  return (await readdir(folder, { recursive: true })).filter(file => file.endsWith('.ts')).map(file => join(folder, file))
}

function compiled (file) {
  return join(OUT, file.replace(/\.ts$/, '.js'))
}
