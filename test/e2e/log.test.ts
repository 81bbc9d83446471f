import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { startBackend } from '../fixtures/backend.js'
import { get } from '../fixtures/client.js'
import { directory } from '../fixtures/directory.js'
import { configFile } from '../fixtures/program.js'
import { eventually } from '../fixtures/proxy.js'

const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))

/** Requests whose lines, of more than 1 kB each, are more than a pipe holds. */
const MANY = 300

const places: Readonly<Record<string, () => 'pipe' | number>> = {
  'a pipe that nobody reads': () => 'pipe',
  // Where there is such a device: each write fails for want of room.
  ...existsSync('/dev/full') && { 'a full disk': () => openSync('/dev/full', 'w') }
}

for (const [name, open] of Object.entries(places)) {
  for (const workers of [1, 2]) {
    t.test(`the log goes to ${name}: requests are served all the same, and the program ends when it is told to; workers: ${workers}`, async t => {
      const backend = await startBackend(t)
      const path = join(await directory(t), 'front.sock')
      const file = await configFile(t, { listen: { path }, workers, pools: { api: { targets: [backend.url] } } })
      const stdout = open()
      const child = spawn(process.execPath, [CLI, '--config', file], { stdio: ['ignore', stdout, 'pipe'] })
      t.teardown(() => { child.kill('SIGKILL') })
      if (typeof stdout === 'number') closeSync(stdout)
      let complaints = ''
      child.stderr?.setEncoding('utf8').on('data', (text: string) => { complaints += text })
      const ended = once(child, 'exit')
      await eventually(() => existsSync(path))
      for (let i = 0; i < MANY; i++) {
        const { status } = await get(t, path, `/${i}/${'x'.repeat(1000)}`)
        if (status !== 200) t.fail(`${i}: ${status}`)
      }
      t.equal(backend.requests.length, MANY)
      child.kill('SIGTERM')
      t.strictSame(await ended, [0, null])
      t.equal(complaints, '')
    })
  }
}
