import t from 'tap'
import { isRecord, valueAt } from '../../src/config/place.js'
import { container, manifestAt as at, manifestNames as names, manifests as objects, pod, variables } from './manifests.js'
import { loadExample, object, text } from './repository.js'

const API_VERSIONS: Readonly<Record<string, string>> = {
  ConfigMap: 'v1', Deployment: 'apps/v1', PodDisruptionBudget: 'policy/v1', Secret: 'v1', Service: 'v1', StatefulSet: 'apps/v1'
}

const deployment = (...place: ReadonlyArray<string | number>): unknown => at('Deployment', 'headrace', ...place)
const source = String(at('ConfigMap', 'headrace', 'data', 'config.json'))
const config = loadExample(source, { POD_IP: '10.0.0.7', HEADRACE_ADMIN_TOKEN: 'a-token-of-32-characters-or-so', PROXY_SECRET: 'secret' })

t.test('every object has the right version for its kind, and a label to find it by', async t => {
  t.strictSame(objects.map(object => valueAt(object, ['kind'])).sort(), [
    'ConfigMap', 'Deployment', 'PodDisruptionBudget', 'Secret', 'Service', 'Service', 'StatefulSet'
  ])
  for (const object of objects) {
    const kind = String(valueAt(object, ['kind']))
    const name = String(valueAt(object, ['metadata', 'name']))
    t.equal(valueAt(object, ['apiVersion']), API_VERSIONS[kind], `${kind} ${name}`)
    t.equal(valueAt(object, ['metadata', 'labels', 'app.kubernetes.io/name']), name, `${kind} ${name}`)
  }
})

t.test('selectors find the pods', async t => {
  for (const [kind, name] of [['Deployment', 'headrace'], ['StatefulSet', 'api']] as const) {
    const labels = at(kind, name, 'spec', 'template', 'metadata', 'labels')
    t.strictSame(at(kind, name, 'spec', 'selector', 'matchLabels'), labels)
    t.strictSame(at('Service', name, 'spec', 'selector'), labels)
  }
  const labels = deployment('spec', 'template', 'metadata', 'labels')
  t.strictSame(at('PodDisruptionBudget', 'headrace', 'spec', 'selector', 'matchLabels'), labels)
  for (const [index, topologyKey] of ['kubernetes.io/hostname', 'topology.kubernetes.io/zone'].entries()) {
    t.match(deployment(...pod, 'topologySpreadConstraints', index), { topologyKey, labelSelector: { matchLabels: labels } })
  }
})

t.test('the config is mounted where the image looks for it', async t => {
  t.match(deployment(...container, 'volumeMounts', 0), { name: 'config', mountPath: '/etc/headrace', readOnly: true })
  t.strictSame(deployment(...pod, 'volumes', 0), { name: 'config', configMap: { name: 'headrace' } })
})

t.test('ports are those of the config', async t => {
  t.match(config.listen, [{ host: '0.0.0.0', port: 8080 }])
  const admin = object(source)['admin']
  t.strictSame(admin, { host: '${POD_IP}', port: 9090, token: '${HEADRACE_ADMIN_TOKEN}' }, 'the admin listener is on the address of the pod, with a token')
  t.strictSame(deployment(...container, 'ports'), [{ name: 'http', containerPort: 8080 }, { name: 'admin', containerPort: 9090 }])
  t.strictSame(at('Service', 'headrace', 'spec', 'ports'), [{ name: 'http', port: 80, targetPort: 'http' }], 'the Service leaves the admin port out')
})

t.test('variables of the config are given, and the secret is there', async t => {
  const wanted = [...source.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name)
  const given = variables('Deployment', 'headrace')
  t.strictSame(given.map(({ name }) => name), wanted)
  t.match(given, [{ field: 'status.podIP' }, { secretKey: 'admin-token' }, { secretKey: 'proxy-secret' }])
  t.strictSame(at('Secret', 'headrace', 'stringData'), { 'admin-token': '', 'proxy-secret': '' }, 'no secret that somebody might keep')
  t.notOk(names.some(name => /secret.*\.(ya?ml|json)$/.test(name)), 'and applying the folder does not overwrite the real one')
})

t.test('probes', async t => {
  t.match(deployment(...container, 'readinessProbe'), { httpGet: { path: '/readyz', port: 'admin' } })
  t.match(deployment(...container, 'livenessProbe'), { httpGet: { path: '/livez', port: 'admin' } })
  t.match(deployment(...container, 'startupProbe'), { httpGet: { path: '/livez', port: 'admin' } })
})

t.test('a pod has time to drain, after the time in which it is taken off the Service', async t => {
  const [command, seconds] = [deployment(...container, 'lifecycle', 'preStop', 'exec', 'command')].flat()
  t.equal(command, 'sleep')
  t.ok(Number(deployment(...pod, 'terminationGracePeriodSeconds')) > Number(seconds) + config.timeouts.drain / 1000)
  t.ok(Number(at('StatefulSet', 'api', ...pod, 'terminationGracePeriodSeconds')) > 10 + 30, 'longer than notice and timeout of headrace/backend')
})

t.test('no pod has more rights than it needs', async t => {
  for (const [kind, name] of [['Deployment', 'headrace'], ['StatefulSet', 'api']] as const) {
    t.match(at(kind, name, ...pod, 'securityContext'), { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } })
    t.match(at(kind, name, ...container, 'securityContext'), {
      allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] }
    })
    t.equal(at(kind, name, ...pod, 'automountServiceAccountToken'), false)
  }
})

t.test('resources, images and the number of pods', async t => {
  for (const [kind, name] of [['Deployment', 'headrace'], ['StatefulSet', 'api']] as const) {
    const resources = at(kind, name, ...container, 'resources')
    t.ok(isRecord(resources) && valueAt(resources, ['requests', 'cpu']) && valueAt(resources, ['limits', 'memory']), `${name}: resources`)
    t.match(at(kind, name, ...container, 'image'), /:\d+\.\d+\.\d+$/, `${name}: a version`)
  }
  t.match(deployment(...container, 'image'), `:${String(object(text('package.json'))['version'])}`, 'ours is this one')
  t.ok(Number(deployment('spec', 'replicas')) > 1)
  t.match(deployment('spec', 'strategy', 'rollingUpdate'), { maxUnavailable: 0 })
  t.equal(at('PodDisruptionBudget', 'headrace', 'spec', 'maxUnavailable'), 1)
})

t.test('targets are the names that the headless Service gives to the pods', async t => {
  t.equal(at('Service', 'api', 'spec', 'clusterIP'), 'None')
  t.equal(at('Service', 'api', 'spec', 'publishNotReadyAddresses'), true)
  t.equal(at('StatefulSet', 'api', 'spec', 'serviceName'), 'api')
  const count = Number(at('StatefulSet', 'api', 'spec', 'replicas'))
  t.strictSame(config.pools['api']?.targets.map(({ url }) => url), Array.from({ length: count }, (_, index) => `http://api-${index}.api:3000`))
})
