import { transform } from 'esbuild'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'

// Runs test files, those that are named or all, each in a process of its own. They are made JavaScript once, and before that: tap's own command
// loads a compiler and what coverage needs into each of these processes, which doubles the time that all take together.

/** Seconds that a file may take. */
const LIMIT = Number(process.env['TAP_TIMEOUT'] ?? 120)

const OUT = 'dist-test'

await rm(OUT, { recursive: true, force: true })
await Promise.all(['src', 'test', 'bench'].map(compile))

const named = process.argv.slice(2)
const failed = []

// Each file has its own limit.
t.setTimeout(0)
// Some wait for real time most of theirs.
t.jobs = availableParallelism() + 1

for (const file of named.length > 0 ? named : await allFiles()) {
  const options = { timeout: LIMIT * 1000, buffered: true, env: { ...process.env, TAP_TIMEOUT: String(LIMIT) } }
  t.spawn(process.execPath, ['--enable-source-maps', compiled(file)], options, file).then(result => { if (result?.ok !== true) failed.push(file) })
}

process.once('exit', () => { for (const file of failed) console.log(`# failed: ${file}`) })

/** Those over real processes, which take longest, come first: none of them runs alone in the end. */
async function allFiles () {
  const all = (await sources('test')).filter(file => file.endsWith('.test.ts')).sort()
  const rank = file => Number(!/^test\/(e2e|bench|packaging|abuse)\//.test(file))
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

async function sources (folder) {
  return (await readdir(folder, { recursive: true })).filter(file => file.endsWith('.ts')).map(file => join(folder, file))
}

function compiled (file) {
  return join(OUT, file.replace(/\.ts$/, '.js'))
}
