import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import t from 'tap'
import { closedPort } from '../fixtures/closed-port.js'
import { execForm, readStages, type Stage } from './dockerfile.js'
import { object, ROOT, text } from './repository.js'

const PROXY = 'Dockerfile'
const API = 'examples/compose/api/Dockerfile'

function final (path: string): Stage {
  const stage = readStages(path).at(-1)
  if (stage === undefined) throw new Error(`${path} has no stage`)
  return stage
}

const [ignored, ...exceptions] = text('.dockerignore').split('\n').filter(line => line !== '' && !line.startsWith('#'))
/** What the builder is given: files, and folders with all that is in them. */
const given = exceptions.map(line => line.slice(1))

function isGiven (source: string): boolean {
  return given.some(name => source === name || source.startsWith(`${name}/`))
}

t.test('the ignore file leaves out everything that it does not name', async t => {
  t.equal(ignored, '*')
  t.ok(exceptions.length > 0 && exceptions.every(line => /^![\w./-]+$/.test(line)))
})

for (const path of [PROXY, API]) {
  t.test(path, async t => {
    const stages = readStages(path)
    const last = final(path)

    t.ok(stages.length > 1, 'tools for building stay in a stage of their own')
    for (const { image } of stages) t.match(image, /^node:\d+-alpine$/, 'the official image with a version')
    t.equal(new Set(stages.map(({ image }) => image)).size, 1, 'the same one everywhere')
    t.match(last.last('USER'), /^[1-9]\d*:[1-9]\d*$/, 'not root, and a number')
    t.equal(last.last('STOPSIGNAL'), 'SIGTERM')
    t.equal(execForm(last.last('ENTRYPOINT'))?.[0], 'node', 'the program gets the signals itself')
    t.strictSame(last.all('RUN'), [], 'nothing is made in the last stage, so nothing is left over')
    t.match(last.last('ENV'), /NODE_ENV=production/)
  })

  t.test(`${path}: what it copies is there, and the builder is given it`, async t => {
    const stages = readStages(path)
    for (const { from, sources } of stages.flatMap(stage => stage.copies)) {
      if (from !== null) {
        t.ok(stages.some(stage => stage.name === from), `stage ${from}`)
        continue
      }
      for (const source of sources) {
        t.ok(existsSync(join(ROOT, source)), source)
        t.ok(isGiven(source), `${source} is not ignored`)
      }
    }
  })
}

t.test('the builder is given nothing that no Dockerfile copies', async t => {
  const sources = [PROXY, API].flatMap(readStages).flatMap(stage => stage.copies).flatMap(({ from, sources }) => from === null ? sources : [])
  for (const name of given) t.ok(sources.some(source => source === name || source.startsWith(`${name}/`)), name)
})

t.test('whoever builds the package is given the same for it', async t => {
  const given = [PROXY, API].map(path => readStages(path)[0]).map(stage => stage?.copies.flatMap(({ sources }) => sources).sort())
  t.ok(given[0]?.includes('src'))
  t.strictSame(given[1], given[0], 'and test/packaging/package.test.ts shows that it is enough')
})

t.test('the image of the proxy', async t => {
  const [build] = readStages(PROXY)
  const last = final(PROXY)
  t.match(build?.all('RUN').join('\n'), /npm ci[\s\S]*npm run build && npm prune --omit=dev/)
  t.equal(last.last('EXPOSE'), '8080')
  t.strictSame(execForm(last.last('CMD')), ['--config', '/etc/headrace/config.json'])

  const copies = last.copies.flatMap(({ sources }) => sources)
  t.strictSame(copies.sort(), ['/app/dist', '/app/node_modules', 'LICENSE', 'bench/scenarios', 'package.json'])
  const bin = object(text('package.json'))['bin']
  t.match(bin, { headrace: 'dist/cli.js' })
  t.equal(execForm(last.last('ENTRYPOINT'))?.[1], join(last.last('WORKDIR'), 'dist/cli.js'))
})

t.test('the version of Node is one that the package allows', async t => {
  const major = Number(/^node:(\d+)/.exec(final(PROXY).image)?.[1])
  const lowest = Number(/^>=(\d+)/.exec(String(object(JSON.stringify(object(text('package.json'))['engines']))['node']))?.[1])
  t.ok(major >= lowest)
  t.equal(major % 2, 0, 'only even ones get long-term support')
})

/** Runs the health check as the engine does. @returns its exit status. */
async function check (port: number): Promise<number | null> {
  const [command = '', ...args] = execForm(final(PROXY).last('HEALTHCHECK')) ?? []
  t.equal(command, 'node')
  const child = spawn(process.execPath, args, { env: { HEADRACE_ADMIN_PORT: String(port) }, stdio: ['ignore', 'inherit', 'inherit'] })
  // The event's first argument.
  const [code] = await once(child, 'close') as [number | null]
  return code
}

t.test('the health check', async t => {
  t.match(final(PROXY).last('ENV'), /HEADRACE_ADMIN_PORT=9090/)
  const paths: Array<string | undefined> = []
  let status = 200
  const server = createServer((request, response) => {
    paths.push(request.url)
    response.writeHead(status).end()
  }).listen(0, '127.0.0.1')
  t.teardown(() => { server.close() })
  await once(server, 'listening')
  // A TCP server's address is an object.
  const { port } = server.address() as { port: number }

  t.equal(await check(port), 0, 'passes with 200')
  status = 503
  t.equal(await check(port), 1, 'fails with 503')
  t.strictSame(paths, ['/livez', '/livez'])
  t.equal(await check(await closedPort(t)), 1, 'fails if nobody listens')
})
