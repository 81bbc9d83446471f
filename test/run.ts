import { readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import t from 'tap'

// Runs test files, each in a process of its own: those that are named, or all. tap's own command loads a compiler and what coverage needs into
// each of these processes, which doubles the time that all take together.

/** Seconds that a file may take. */
const LIMIT = Number(process.env['TAP_TIMEOUT'] ?? 120)

const named = process.argv.slice(2)
const files = named.length > 0 ? named : allFiles()
const failed: string[] = []

// Each file has its own limit.
t.setTimeout(0)
// Some wait for real time most of theirs.
t.jobs = availableParallelism() + 1

for (const file of files) {
  const options = { timeout: LIMIT * 1000, buffered: true, env: { ...process.env, TAP_TIMEOUT: String(LIMIT) } }
  void t.spawn(process.execPath, ['--import=tsx/esm', file], options, file).then(result => { if (result?.ok !== true) failed.push(file) })
}

process.once('exit', () => { for (const file of failed) console.log(`# failed: ${file}`) })

/** Those over real processes, which take longest, come first: none of them runs alone in the end. */
function allFiles (): readonly string[] {
  const all = readdirSync('test', { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.test.ts')).map(file => join('test', file)).sort()
  const rank = (file: string): number => Number(!/^test\/(e2e|bench|packaging|abuse)\//.test(file))
  return all.sort((a, b) => rank(a) - rank(b))
}
