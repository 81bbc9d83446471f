import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { isRecord, valueAt } from '../../src/config/place.js'
import { parseDuration } from '../../src/base/duration.js'
import { execForm, readStages } from './dockerfile.js'
import { loadExample, object, ROOT, text } from './repository.js'

const FOLDER = 'examples/compose'
const env = { PROXY_SECRET: 'secret' }
const file = object(JSON.stringify(parse(text(`${FOLDER}/compose.yaml`), { merge: true })))
const services = object(JSON.stringify(file['services']))
const config = loadExample(text(`${FOLDER}/proxy/config.json`), env)

/** Keys of the Compose specification: those that we use. */
const KNOWN = [
  'image', 'build', 'environment', 'volumes', 'ports', 'expose', 'networks', 'depends_on', 'healthcheck', 'stop_grace_period', 'restart',
  'read_only', 'tmpfs', 'cap_drop', 'security_opt'
]
const KNOWN_OF_HEALTH = ['test', 'interval', 'timeout', 'retries', 'start_period', 'start_interval']

function at (...place: ReadonlyArray<string | number>): unknown {
  return valueAt(services, place)
}

/** Milliseconds of a time such as `40s`; Compose has the units that we have. */
function time (value: unknown): number {
  return parseDuration(String(value)) ?? Number.NaN
}

function keys (value: unknown): readonly string[] {
  return isRecord(value) ? Object.keys(value) : []
}

t.test('keys are those of the Compose specification', async t => {
  t.strictSame(Object.keys(file).filter(key => !key.startsWith('x-')).sort(), ['name', 'networks', 'services'])
  for (const name of Object.keys(services)) {
    for (const key of keys(at(name))) t.ok(KNOWN.includes(key), `${name}.${key}`)
    for (const key of keys(at(name, 'healthcheck'))) t.ok(KNOWN_OF_HEALTH.includes(key), `${name}.healthcheck.${key}`)
  }
})

t.test('only the proxy has a published port', async t => {
  t.strictSame(Object.keys(services).filter(name => at(name, 'ports') !== undefined), ['proxy'])
  t.strictSame(at('proxy', 'ports'), ['${HTTP_PORT:-8080}:8080'])
  t.match(config.listen, [{ host: '0.0.0.0', port: 8080 }], 'and it is the one that the proxy listens on')
})

t.test('the others can only be reached through it', async t => {
  t.strictSame(valueAt(file, ['networks', 'inside']), { internal: true })
  for (const name of Object.keys(services)) t.strictSame(at(name, 'networks'), name === 'proxy' ? ['outside', 'inside'] : ['inside'], name)
})

t.test('every target is a service, and its port is exposed', async t => {
  const urls = Object.values(config.pools).flatMap(pool => pool.targets.map(({ url }) => new URL(url)))
  t.equal(urls.length, 4)
  for (const { hostname, port } of urls) t.strictSame(at(hostname, 'expose'), [port], hostname)
  t.strictSame(config.routes.map(({ prefix, pool }) => [prefix, pool]), [['/api', 'api'], ['/', 'web']])
})

t.test('the proxy starts when all of them are healthy', async t => {
  const others = Object.keys(services).filter(name => name !== 'proxy')
  t.strictSame(at('proxy', 'depends_on'), Object.fromEntries(others.map(name => [name, { condition: 'service_healthy' }])))
  for (const name of others) {
    const [form, ...command] = [at(name, 'healthcheck', 'test')].flat()
    t.equal(form, 'CMD', `${name}: without a shell`)
    t.ok(command.length > 1)
    t.notMatch(String(command), /localhost/, `${name}: a name may mean the wrong address family`)
  }
})

t.test('the health check of the image finds the admin listener of this config', async t => {
  const admin = object(text(`${FOLDER}/proxy/config.json`))['admin']
  t.match(admin, { host: '127.0.0.1', port: '${HEADRACE_ADMIN_PORT:-9090}' })
  const image = readStages('Dockerfile').at(-1)
  t.match(execForm(image?.last('HEALTHCHECK') ?? '')?.join(' '), /127\.0\.0\.1:' \+ process\.env\.HEADRACE_ADMIN_PORT/)
  t.equal(at('proxy', 'healthcheck'), undefined, 'nothing overrides it')
})

t.test('services have time to drain', async t => {
  t.ok(time(at('proxy', 'stop_grace_period')) > config.timeouts.drain, 'the proxy')
  const [, notice = '', timeout = ''] = /notice: '(\w+)', timeout: '(\w+)'/.exec(text(`${FOLDER}/api/server.mjs`)) ?? []
  for (const name of ['api-1', 'api-2', 'api-3']) t.ok(time(at(name, 'stop_grace_period')) > time(notice) + time(timeout), name)
})

t.test('the copies of the API are alike, and one image is built for all', async t => {
  const { build, ...first } = object(JSON.stringify(at('api-1')))
  t.strictSame(at('api-2'), first)
  t.strictSame(at('api-3'), first)
  t.match(build, { dockerfile: `${FOLDER}/api/Dockerfile` })
})

t.test('files that it names are there', async t => {
  for (const name of Object.keys(services)) {
    const build = at(name, 'build')
    if (isRecord(build)) t.ok(existsSync(join(ROOT, FOLDER, String(build['context']), String(build['dockerfile'] ?? 'Dockerfile'))), `${name}: Dockerfile`)
    for (const volume of [at(name, 'volumes') ?? []].flat()) {
      const [source = '', , mode] = String(volume).split(':')
      t.ok(existsSync(join(ROOT, FOLDER, source)), `${name}: ${source}`)
      t.equal(mode, 'ro', `${name} cannot write to ${source}`)
    }
  }
  for (const name of ['web/index.html', 'proxy/config.json', 'api/server.mjs']) t.ok(existsSync(join(ROOT, FOLDER, name)), name)
})

t.test('images from elsewhere have a version', async t => {
  const built = Object.keys(services).flatMap(name => at(name, 'build') === undefined ? [] : [at(name, 'image')])
  for (const name of Object.keys(services)) {
    const image = at(name, 'image')
    if (!built.includes(image)) t.match(image, /:\d/, name)
  }
})

t.test('no service has more rights than it needs', async t => {
  for (const name of Object.keys(services)) {
    t.match(at(name), { read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'], restart: 'unless-stopped' }, name)
  }
})

t.test('secrets come from the environment, and there is no start without them', async t => {
  for (const name of ['proxy', 'api-1']) t.match(at(name, 'environment', 'PROXY_SECRET'), /^\$\{PROXY_SECRET:\?/, name)
  t.match(text(`${FOLDER}/.env.example`), /^PROXY_SECRET=$/m, 'the example has no value that somebody might keep')
  t.match(text(`${FOLDER}/.gitignore`), /^\.env$/m)
  t.throws(() => loadExample(text(`${FOLDER}/proxy/config.json`), {}), { message: /PROXY_SECRET/ })
})
