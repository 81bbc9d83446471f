import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import net from 'node:net'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { startBackend } from '../fixtures/backend.js'
import { connect, get } from '../fixtures/client.js'
import { configFile, runProgram, startProgram } from '../fixtures/program.js'

const EXAMPLE = fileURLToPath(new URL('../../config.example.json', import.meta.url))

t.test('--help names every option and command', async t => {
  const program = runProgram(t, ['--help'])
  t.same(await program.exited, { code: 0, signal: null })
  for (const word of ['--config', '--demo', '--version', 'check']) t.match(program.stdout, word)
})

t.test('--version prints the version of the package', async t => {
  const program = runProgram(t, ['--version'])
  t.same(await program.exited, { code: 0, signal: null })
  t.match(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'), `"version": "${program.stdout.trim()}"`)
})

t.test('without anything to do it shows its help, and fails', async t => {
  const program = runProgram(t, [])
  const { code } = await program.exited
  t.not(code, 0)
  t.match(program.stderr, '--config')
})

t.test('an unknown option is named in one line', async t => {
  const program = runProgram(t, ['--confg', 'x.json'])
  const { code } = await program.exited
  t.not(code, 0)
  t.match(program.stderr, '--confg')
  t.notMatch(program.stderr, / {4}at /)
})

t.test('check prints what a config comes to', async t => {
  const file = await configFile(t, { pools: { api: { targets: ['http://127.0.0.1:3001'] } }, timeouts: { drain: '7s' } })
  const program = runProgram(t, ['check', '--config', file])
  t.same(await program.exited, { code: 0, signal: null })
  const resolved = JSON.parse(program.stdout)
  t.match(JSON.stringify(resolved.timeouts), '"drain":"7s"')
  t.match(program.stdout, 'http://127.0.0.1:3001')
  t.match(program.stdout, 'round-robin')
  t.equal(program.stderr, '')
})

t.test('the example that the README explains is valid', async t => {
  const program = runProgram(t, ['check', '--config', EXAMPLE], { PORT: '8123' })
  t.same(await program.exited, { code: 0, signal: null })
  t.equal(program.stderr, '')
  t.match(program.stdout, '8123')
})

for (const args of [['--config'], ['check', '--config']]) {
  t.test(`${args.join(' ')} of a bad config: every fault, and nothing is started`, async t => {
    const file = await configFile(t, {
      listen: { port: 70_000 },
      pools: { api: { targets: ['foo', { url: 'http://127.0.0.1:3002', wieght: 2 }], strategy: 'round-robbin' } },
      routes: [{ prefix: 'api', pool: 'ap' }]
    })
    const program = runProgram(t, [...args, file])
    t.same(await program.exited, { code: 2, signal: null })
    const faults = program.stderr.trim().split('\n')
    for (const path of ['listen.port', 'pools.api.targets[0]', 'pools.api.targets[1].wieght', 'pools.api.strategy', 'routes[0].prefix', 'routes[0].pool']) {
      t.equal(faults.filter(line => line.startsWith(`${path}:`)).length, 1, path)
    }
    t.match(program.stderr, /wieght: .*"weight"/)
    t.equal(program.stdout, '')
  })
}

t.test('a missing file is named in one line', async t => {
  const program = runProgram(t, ['--config', '/nowhere/config.json'])
  t.same(await program.exited, { code: 2, signal: null })
  t.match(program.stderr, '/nowhere/config.json')
  t.equal(program.stderr.trim().split('\n').length, 1)
})

t.test('a syntax error is named with its place', async t => {
  const program = runProgram(t, ['--config', await configFile(t, '{\n  "pools": {\n    "api" { }\n  }\n}')])
  t.same(await program.exited, { code: 2, signal: null })
  t.match(program.stderr, /line 3/)
  t.equal(program.stderr.trim().split('\n').length, 1)
})

t.test('environment variables are expanded', async t => {
  const backend = await startBackend(t)
  const program = await startProgram(t, { pools: { api: { targets: ['${TARGET}'] } } }, { TARGET: backend.url })
  t.equal((await get(t, program.port)).body, 'ok')
})

t.test('--demo: three backends, two lines to try, and Ctrl-C ends it all', async t => {
  const program = runProgram(t, ['--demo', '--port', '0'])
  await program.until(() => program.stdout.includes('Ctrl-C') && program.addresses.length === 1)
  const urls = [...program.stdout.matchAll(/^ {4}(http:\/\/127\.0\.0\.1:\d+)$/gm)].map(([, url]) => url ?? '')
  t.equal(urls.length, 3)
  const lines = [...program.stdout.matchAll(/curl \S+ http:\/\/127\.0\.0\.1:(\d+)(\/\S*)/g)]
  t.same(lines.map(([, port]) => Number(port)), [program.port, program.port])
  t.match((await get(t, program.port, lines[0]?.[2])).body, 'from backend')
  const events = (await connect(t, program.port)).get(lines[1]?.[2] ?? '')
  await events.until(() => events.received.includes('data: '))
  const exit = await program.stop('SIGINT')
  t.same(exit, { code: 0, signal: null })
  for (const url of [...urls, `http://127.0.0.1:${program.port}`]) {
    const socket = net.connect(Number(new URL(url).port), '127.0.0.1')
    const [error] = await once(socket, 'error')
    t.match(error, { code: 'ECONNREFUSED' })
  }
})
