import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'

const EXAMPLES = fileURLToPath(new URL('../examples/', import.meta.url))

/** Runs an example as its readers do. It must end by itself, with status 0, and have nothing to complain about. */
async function run (name: string): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [name], { cwd: EXAMPLES, timeout: 60_000 })
  t.equal(stderr, '', `${name} warns of nothing`)
  return stdout
}

/** Who answered, sorted: which one begins is the strategy's affair. */
function answers (output: string, line: RegExp): string[] {
  return output.split('\n').flatMap(text => line.exec(text)?.[1] ?? []).sort()
}

t.test('program', async t => {
  const output = await run('program.mjs')
  t.equal(answers(output, /^GET \/(?:shop)?: 200 (\w+) answers GET \//).length, 2)
  t.strictSame(answers(output, /^GET \/api\/users: 200 (\w+) answers GET \/users$/), ['one', 'one', 'one', 'two'])
  t.match(output, /^stopped, 0 connections cut$/m)
})

t.test('plugin', async t => {
  const output = await run('plugin.mjs')
  t.match(output, /^GET \/hello: 200 the app itself$/m)
  t.match(output, /^GET \/api\/users: 401 who are you\?$/m)
  t.strictSame(answers(output, /^GET \/api\/users: 200 (\w+) answers GET \/api\/users$/), ['one', 'three', 'two'])
  t.match(output, /^GET \/status: 200 \[\{"name":"api","targets":\[(\{"healthy":true,"inflight":0\},?){3}\]\}\]$/m)
  t.match(output, /^stopped$/m)
})

t.test('dispatcher', async t => {
  const output = await run('dispatcher.mjs')
  t.strictSame(answers(output, /^fetch: (\w+) answers GET \/by-fetch$/), ['one', 'three', 'two'])
  t.match(output, /^undici: \w+ answers PUT \/by-undici$/m)
  t.match(output, /^reply-from: \w+ answers GET \/by-reply-from$/m)
  t.match(output, /^all targets gone: ECONNREFUSED, connection_refused$/m)
  t.match(output, /^stopped$/m)
})

t.test('http-proxy', async t => {
  const output = await run('http-proxy.mjs')
  t.match(output, /^without a key: 401$/m)
  t.strictSame(answers(output, /^with a key: 200 (\w+) answers GET \/users$/), ['one', 'three', 'two'])
  t.match(output, /^a WebSocket is connected$/m)
  t.match(output, /^WebSocket: \w+ heard "hello"$/m)
  t.match(output, /^stopped$/m)
})

t.test('backend', async t => {
  const output = await run('backend.mjs')
  t.match(output, /^GET \/health: 200 ok, Headrace-Backend: null$/m)
  t.match(output, /^GET \/health: 503 failing/m)
  t.match(output, /^GET \/health: 503 draining, Headrace-Backend: draining$/m)
  t.match(output, /^GET \/hello: 200 hello, Headrace-Backend: draining$/m)
  t.match(output, /^GET \/slow: 200 late, but whole/m)
  t.match(output, /^exit code 0$/m)
})

t.test('tracing', async t => {
  const output = await run('tracing.mjs')
  t.match(output, /^GET \/users: 200 one answers/m)
  t.match(output, /^GET 127\.0\.0\.1:1: trace 4bf92f3577b34da6a3ce929d0e0e4736, connection_refused$/m)
  t.match(output, /^GET 127\.0\.0\.1:\d+: trace 4bf92f3577b34da6a3ce929d0e0e4736, 200$/m)
  t.match(output, /^GET \/: trace 4bf92f3577b34da6a3ce929d0e0e4736, 200, 2 attempts$/m)
})

t.test('there is no example without a test', async t => {
  const helpers = ['sample-backends.mjs']
  const names = readdirSync(EXAMPLES).filter(name => name.endsWith('.mjs') && !helpers.includes(name))
  t.strictSame(names.sort(), ['backend.mjs', 'dispatcher.mjs', 'http-proxy.mjs', 'plugin.mjs', 'program.mjs', 'tracing.mjs'])
})
