import { readFileSync } from 'node:fs'
import { stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { startBackend } from '../fixtures/backend.js'
import { get } from '../fixtures/client.js'
import { directory } from '../fixtures/directory.js'
import { configFile, runProgram, startProgram } from '../fixtures/program.js'

t.test('a port in use is one line, without a stack', async t => {
  const backend = await startBackend(t)
  const file = await configFile(t, { listen: { host: '127.0.0.1', port: backend.port }, pools: { api: { targets: [backend.url] } } })
  const program = runProgram(t, ['--config', file])
  t.same(await program.exited, { code: 1, signal: null })
  t.match(program.stderr, String(backend.port))
  t.match(program.stderr, 'EADDRINUSE')
  t.equal(program.stderr.trim().split('\n').length, 1)
})

t.test('if one of several addresses is taken, none is served', async t => {
  const backend = await startBackend(t)
  const path = join(await directory(t), 'proxy.sock')
  const file = await configFile(t, { listen: [{ path }, { host: '127.0.0.1', port: backend.port }], pools: { api: { targets: [backend.url] } } })
  const program = runProgram(t, ['--config', file])
  t.same(await program.exited, { code: 1, signal: null })
  t.equal(program.named('listening').length, 0)
  await t.rejects(stat(path), { code: 'ENOENT' })
})

t.test('it listens on several addresses and says so whatever the log level', async t => {
  const backend = await startBackend(t)
  const path = join(await directory(t), 'proxy.sock')
  const program = await startProgram(t, {
    listen: [{ host: '127.0.0.1', port: 0 }, { host: '127.0.0.1', port: 0 }, { path }],
    log: { level: 'error', access: true },
    pools: { api: { targets: [backend.url] } }
  })
  t.equal(new Set(program.addresses).size, 3)
  t.equal(program.addresses[2], `unix:${path}`)
  for (const address of program.addresses.slice(0, 2)) t.equal((await get(t, Number(new URL(address).port))).body, 'ok')
  t.equal((await get(t, path)).body, 'ok')
  t.same(await program.stop(), { code: 0, signal: null })
  t.equal(program.named('request').length, 0)
  await t.rejects(stat(path), { code: 'ENOENT' }, 'the socket file is gone')
})

t.test('a socket file that a killed process left behind is taken over', async t => {
  const backend = await startBackend(t)
  const path = join(await directory(t), 'proxy.sock')
  const config = { listen: { path }, pools: { api: { targets: [backend.url] } } }
  const first = await startProgram(t, config)
  await first.stop('SIGKILL')
  t.ok((await stat(path)).isSocket())
  await startProgram(t, config)
  t.equal((await get(t, path)).body, 'ok')
})

t.test('a socket in use, and a file that is no socket, are left alone', async t => {
  const backend = await startBackend(t)
  const path = join(await directory(t), 'proxy.sock')
  const config = { listen: { path }, pools: { api: { targets: [backend.url] } } }
  await startProgram(t, config)
  const second = runProgram(t, ['--config', await configFile(t, config)])
  t.same(await second.exited, { code: 1, signal: null })
  t.match(second.stderr, path)
  t.equal((await get(t, path)).body, 'ok', 'the first still serves')
  const file = join(await directory(t), 'notes.txt')
  await writeFile(file, 'keep')
  const third = runProgram(t, ['--config', await configFile(t, { ...config, listen: { path: file } })])
  t.same(await third.exited, { code: 1, signal: null })
  t.equal(readFileSync(file, 'utf8'), 'keep')
})
