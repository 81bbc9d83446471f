import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import net from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { startBackend } from '../fixtures/backend.js'
import { exchange, get } from '../fixtures/client.js'
import { directory } from '../fixtures/directory.js'
import { configFile, runProgram } from '../fixtures/program.js'
import { eventually } from '../fixtures/proxy.js'
import { endSuccessors, restart, startRestartable, stopAll } from '../fixtures/restarts.js'

/** Listens as systemd does it. @returns the file descriptor, the port, and what lets go of it: the socket lives on in those that have inherited it. */
async function systemdSocket (t: Test, host = '127.0.0.1'): Promise<{ fd: number, port: number, release (): void }> {
  const server = net.createServer()
  server.listen(0, host)
  await once(server, 'listening')
  const release = (): void => { server.close() }
  t.teardown(release)
  const address = server.address()
  // A field of Node's that the program itself uses, too.
  const { _handle: { fd } } = server as unknown as { _handle: { fd: number } }
  return { fd, port: typeof address === 'object' && address !== null ? address.port : 0, release }
}

t.test('sockets of systemd stand in for the addresses of the config, in order; there may be more; children do not see the variables', async t => {
  const backend = await startBackend(t)
  const sockets = [await systemdSocket(t), await systemdSocket(t), await systemdSocket(t)]
  const [first, admin, second] = sockets
  const file = await configFile(t, { listen: { host: '127.0.0.1', port: backend.port }, admin: { host: '127.0.0.1', port: backend.port }, pools: { api: { targets: [backend.url] } } })
  const program = runProgram(t, ['--config', file], { LISTEN_FDNAMES: 'http:admin:other' }, sockets.map(({ fd }) => fd))
  endSuccessors(t, program)
  await program.until(() => program.named('admin listening').length === 1)
  for (const { release } of sockets) release()
  const urls = [first, second].map(socket => `http://127.0.0.1:${socket?.port}`)
  t.strictSame(program.addresses, urls)
  const served = async (): Promise<void> => {
    for (const socket of [first, second]) t.equal((await get(t, socket?.port ?? 0)).status, 200)
    t.equal((await exchange(t, admin?.port ?? 0, ['GET /livez HTTP/1.1', 'Host: 127.0.0.1'])).status, 200)
  }
  await served()

  await writeFile(file, JSON.stringify({ listen: { host: '127.0.0.1', port: 0 }, admin: { host: '127.0.0.1', port: backend.port }, pools: { api: { targets: [backend.url] } } }))
  program.kill('SIGHUP')
  await program.until(() => program.named('config reloaded').length === 1)
  t.equal(program.addresses.length, 2)
  await served()

  const next = await restart(program)
  await program.until(() => program.addresses.length === 4)
  t.strictSame(program.addresses, [...urls, ...urls], 'and they go over')
  const environment = `/proc/${next}/environ`
  if (existsSync(environment)) t.notMatch(readFileSync(environment, 'utf8'), /LISTEN_/)
  await program.until(() => program.named('drained').length === 1)
  await served()
  await stopAll(program)
})

t.test('an admin listener that others can reach needs a token, whoever has opened its socket', async t => {
  const backend = await startBackend(t)
  const admin = await systemdSocket(t, '0.0.0.0')
  const file = await configFile(t, { listen: { host: '127.0.0.1', port: 0 }, admin: {}, pools: { api: { targets: [backend.url] } } })
  const program = runProgram(t, ['--config', file], { LISTEN_FDNAMES: 'admin' }, [admin.fd])
  t.same(await program.exited, { code: 2, signal: null })
  t.match(program.stderr, /^admin\.token: required/)
})

/** A `systemd-notify` that writes down what it is told, and fails if there is a file of that name. @returns the lines so far, and the environment. */
async function fakeSystemd (t: Test): Promise<{ readonly lines: readonly string[], readonly env: NodeJS.ProcessEnv, fail (): Promise<void> }> {
  const folder = await directory(t)
  const log = join(folder, 'notified')
  await writeFile(log, '')
  await mkdir(join(folder, 'bin'))
  const file = join(folder, 'bin', 'systemd-notify')
  await writeFile(file, `#!/bin/sh\nif [ -e "${folder}/fail" ]; then echo no manager >&2; exit 1; fi\necho "$*" >> "${log}"\n`)
  await chmod(file, 0o755)
  return {
    get lines () { return readFileSync(log, 'utf8').split('\n').slice(0, -1) },
    env: { PATH: `${join(folder, 'bin')}:${process.env['PATH']}`, NOTIFY_SOCKET: '/nowhere/notify' },
    fail: () => writeFile(join(folder, 'fail'), '')
  }
}

t.test('systemd hears of it all, in order, whoever asks for a reload', async t => {
  const backend = await startBackend(t)
  const systemd = await fakeSystemd(t)
  const program = await startRestartable(t, backend, { admin: { port: 0 } }, { ...systemd.env, WATCHDOG_USEC: '400000' })
  const [address] = program.addresses
  const lines = (): string[] => systemd.lines.filter(line => line !== 'WATCHDOG=1')
  await eventually(() => systemd.lines.filter(line => line === 'WATCHDOG=1').length >= 2, () => systemd.lines.join('\n'), 20_000)
  program.kill('SIGHUP')
  await eventually(() => lines().length === 3, () => systemd.lines.join('\n'), 20_000)
  const admin = String(program.named('admin listening')[0]?.['address'])
  t.equal((await fetch(`${admin}/reload`, { method: 'POST' })).status, 200)
  await eventually(() => lines().length === 5, () => systemd.lines.join('\n'), 20_000)
  const next = await restart(program)
  await eventually(() => lines().length === 6, () => systemd.lines.join('\n'), 20_000)
  await program.until(() => program.named('drained').length === 1)
  await stopAll(program)
  await eventually(() => lines().length === 7, () => systemd.lines.join('\n'), 20_000)
  const main = (pid: number): string => `--pid=${pid} READY=1 STATUS=listening on ${address}`
  t.strictSame(lines().map(line => line.replace(/USEC=\d+/, 'USEC=')), [
    main(program.pid),
    'RELOADING=1 MONOTONIC_USEC= STATUS=reloading',
    `READY=1 STATUS=listening on ${address}`,
    'RELOADING=1 MONOTONIC_USEC= STATUS=reloading',
    `READY=1 STATUS=listening on ${address}`,
    main(next),
    'STOPPING=1 STATUS=draining'
  ])
})

t.test('a systemd that can not be notified is said once; nobody takes over whom it does not know', async t => {
  const backend = await startBackend(t)
  const systemd = await fakeSystemd(t)
  const program = await startRestartable(t, backend, {}, systemd.env)
  await eventually(() => systemd.lines.length === 1)
  await systemd.fail()
  for (let i = 1; i <= 2; i++) {
    program.kill('SIGHUP')
    await program.until(() => program.named('config reloaded').length === i)
  }
  // One notification comes after the other: by now the first one has ended, too, after which it can be asked for a handover.
  await program.until(() => program.named('systemd could not be notified').length === 1)
  program.kill('SIGUSR2')
  await program.until(() => program.named('not handed over: this process goes on').length === 1)
  t.match(program.named('not handed over: this process goes on'), [{ reason: /systemd/ }])
  t.equal((await get(t, program.port)).status, 200)
  t.same(program.named('systemd could not be notified').filter(({ pid }) => pid === program.pid).map(({ reason }) => reason), ['no manager'])
  t.same(await program.stop(), { code: 0, signal: null })
})
