import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { root } from '../../../bench/root.js'
import { CURVE, errorCount, type Run } from '../../../bench/strategies/run.js'

/** Made JavaScript with the tests. The proxy that it measures is the built one. */
const main = join(root, 'dist-test', 'bench', 'run.js')

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

async function bench (t: Test, args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  t.teardown(() => child.kill('SIGKILL'))
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => { stdout += text })
  child.stderr.setEncoding('utf8').on('data', (text: string) => { stderr += text })
  // It closes its output when the last process that it started has ended.
  await once(child, 'close')
  return { code: child.exitCode, stdout, stderr }
}

/** Longer than a process may stand still: what it did not do in this time is not in the results. */
const DURATION = '3s'

/** The proxy and three backends. */
const PROCESSES = 4

/** How many processes it has started that run; where the system does not tell, as many as are waited for. */
function childrenOf (pid: number): number {
  const file = `/proc/${pid}/task/${pid}/children`
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split(' ').filter(each => each !== '').length : PROCESSES
}

t.test('a short run of one scenario and two strategies', async t => {
  const directory = t.testdir()
  const [json, html] = [join(directory, 'results.json'), join(directory, 'report.html')]
  const { code, stdout, stderr } = await bench(t, [
    '--scenario', 'capacities', '--strategy', 'round-robin,least-connections', '--duration', DURATION, '--rounds', '1', '--json', json, '--html', html
  ])
  t.equal(code, 0, stderr)

  t.test('the table has a row for each strategy, and a verdict beneath', async t => {
    t.match(stdout, /\ncapacities: .*\n {2}open loop, 400 requests\/s/)
    t.match(stdout, /\nround-robin +[0-9,]+ +[0-9.,]+ .*\n/)
    t.match(stdout, /\nleast-connections +[0-9,]+ +[0-9.,]+ .*\n/)
    t.match(stdout, /\n=> .*\n$/)
  })

  t.test('progress goes elsewhere', async t => {
    t.match(stderr, /^\[1\/2\] capacities, round 1\/1, round-robin; [0-9]+ s left\n\[2\/2\] capacities, round 1\/1, least-connections; [0-9]+ s left\n$/)
  })

  t.test('the file holds every run', async t => {
    // Written by the program above.
    const { runs, verdicts } = JSON.parse(readFileSync(json, 'utf8')) as { runs: Run[], verdicts: object }
    t.strictSame(runs.map(({ scenario, strategy, round }) => [scenario, strategy, round]), [['capacities', 'round-robin', 1], ['capacities', 'least-connections', 1]])
    t.type(Object.values(verdicts)[0], 'string')
    t.equal(new Set(runs.map(run => run.completed + errorCount(run.errors))).size, 1, 'both got the same requests')
    for (const run of runs) {
      t.equal(errorCount(run.errors), 0)
      t.ok(run.completed > 900)
      t.equal(run.served.reduce((sum, served) => sum + served, 0), run.completed)
      t.ok(run.p50 >= 10 && run.p50 <= run.p90 && run.p90 <= run.p99)
      t.equal(run.curve.length, CURVE.length)
      t.ok(run.peaks.length === 3 && run.peaks.every(peak => peak > 0))
      t.equal(run.timeline.targets.length, 3)
    }
  })

  t.test('the page holds both', async t => {
    const page = readFileSync(html, 'utf8')
    for (const text of ['<h2>capacities</h2>', 'round-robin</th>', 'least-connections</th>', '"timeline":{"step":100']) t.match(page, text)
  })
})

t.test('targets that die, come back, join and leave: nobody goes without an answer', async t => {
  const json = join(t.testdir(), 'results.json')
  const { code, stderr } = await bench(t, ['--scenario', 'crash,scale-out', '--strategy', 'sticky', '--duration', DURATION, '--rounds', '1', '--json', json])
  t.equal(code, 0, stderr)
  // Written by the program above.
  const { runs } = JSON.parse(readFileSync(json, 'utf8')) as { runs: Run[] }
  t.strictSame(runs.map(run => [run.scenario, run.errors.non2xx, run.served.length]), [['crash', 0, 3], ['scale-out', 0, 6]])
  t.ok(runs.every(run => run.completed > 0))
})

t.test('what is not known is refused before anything starts', async t => {
  const { code, stderr } = await bench(t, ['--strategy', 'fastest'])
  t.equal(code, 1)
  t.match(stderr, 'fastest: not one of round-robin')
})

t.test('an interrupt ends all processes', async t => {
  const child = spawn(process.execPath, [main, '--scenario', 'equal', '--strategy', 'round-robin', '--duration', '60s'], { stdio: ['ignore', 'pipe', 'pipe'] })
  t.teardown(() => child.kill('SIGKILL'))
  child.stdout.resume()
  child.stderr.resume()
  const closed = once(child, 'close')
  while (child.exitCode === null && childrenOf(child.pid ?? 0) < PROCESSES) await sleep(20)
  child.kill('SIGINT')
  // The backends and the proxy have the same standard error: it closes with the last of them.
  t.strictSame(await closed, [130, null])
})
