import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { startProgram } from '../fixtures/program.js'
import { codeBlocks } from '../fixtures/markdown.js'
import { startExampleApi } from './example-api.js'
import { container, manifestAt, variables } from './manifests.js'
import { object, ROOT, text } from './repository.js'

const WORKLOADS = [['Deployment', 'headrace'], ['StatefulSet', 'api']] as const

/** What is known of a pod where there are none, and what `openssl` would have made. */
const FIELDS: Readonly<Record<string, string>> = { 'status.podIP': '127.0.0.1' }
const SECRETS: Readonly<Record<string, string>> = { 'admin-token': 'a-token-of-32-characters-or-so', 'proxy-secret': 'only the two know' }

const commands = (codeBlocks(text('docs/deployment.md'), 'sh').find(block => block.includes('kubectl apply')) ?? '').split('\n')

/** The variables of a container, as Kubernetes would fill them in. */
function environment (kind: string, name: string): Record<string, string> {
  return Object.fromEntries(variables(kind, name).map(variable => {
    const value = variable.value ?? SECRETS[variable.secretKey ?? ''] ?? FIELDS[variable.field ?? '']
    if (value === undefined) throw new Error(`${name}: ${variable.name} has no value`)
    return [variable.name, value]
  }))
}

t.test('the commands of the docs build and push every image of the manifests, from a Dockerfile that is there', async t => {
  const built = new Map<string, string>()
  for (const command of commands) {
    const [, image, , file = 'Dockerfile'] = /^docker build --tag (\S+)( --file (\S+))? \.$/.exec(command) ?? []
    if (image !== undefined) built.set(image, file)
  }
  t.strictSame([...built.keys()].sort(), WORKLOADS.map(([kind, name]) => String(manifestAt(kind, name, ...container, 'image'))).sort())
  for (const [image, file] of built) {
    t.ok(existsSync(join(ROOT, file)), file)
    t.ok(commands.includes(`docker push ${image}`), `${image} is pushed`)
  }
  t.equal(built.get(String(manifestAt('StatefulSet', 'api', ...container, 'image'))), 'examples/compose/api/Dockerfile', 'the backends are the API that runs below')
})

t.test('the commands of the docs make a secret with every key that the manifests ask for, before they apply them', async t => {
  const made = commands.findIndex(command => command.startsWith('kubectl create secret generic headrace '))
  t.ok(made !== -1 && made < commands.findIndex(command => command.startsWith('kubectl apply ')))
  const keys = [...(commands[made] ?? '').matchAll(/--from-literal=([\w-]+)="/g)].map(([, key]) => key)
  const asked = WORKLOADS.flatMap(([kind, name]) => variables(kind, name)).flatMap(({ secretKey }) => secretKey ?? [])
  t.strictSame(keys.sort(), [...new Set(asked)].sort())
})

t.test('with the variables of the manifests the backends start, the proxy gets ready, and a request passes', async t => {
  const names = ['api-0', 'api-1', 'api-2']
  const apis = await Promise.all(names.map(name => startExampleApi(t, name, environment('StatefulSet', 'api'))))
  const urls = new Map(apis.map(({ url }, index): [string, string] => [`http://api-${index}.api:3000`, url]))

  // The very config of the example, but for addresses, ports and patience with a busy machine.
  const source = String(manifestAt('ConfigMap', 'headrace', 'data', 'config.json')).replace('"interval": "2s"', '"interval": "2s", "timeout": "1m"')
  const config = object(source.replace(/http:\/\/api-\d\.api:3000/g, url => urls.get(url) ?? url).replace(/"port": \d+/g, '"port": 0').replace('0.0.0.0', '127.0.0.1'))
  const proxy = await startProgram(t, config, environment('Deployment', 'headrace'))
  await proxy.until(() => proxy.named('admin listening').length === 1)

  const readyPath = String(manifestAt('Deployment', 'headrace', ...container, 'readinessProbe', 'httpGet', 'path'))
  const ready = await fetch(`${String(proxy.named('admin listening')[0]?.['address'])}${readyPath}`)
  t.equal(ready.status, 200, 'the rollout of the proxy ends')
  const probe = String(manifestAt('StatefulSet', 'api', ...container, 'readinessProbe', 'httpGet', 'path'))
  for (const { url } of apis) t.equal((await fetch(url + probe)).status, 200, 'so does that of the backends')

  const response = await fetch(`${proxy.addresses[0] ?? ''}/api/hello`)
  t.equal(response.status, 200, 'a request passes')
  // The API answers so.
  const { from } = await response.json() as { from: string }
  t.ok(names.includes(from))
  t.strictSame(await proxy.stop(), { code: 0, signal: null })
})
