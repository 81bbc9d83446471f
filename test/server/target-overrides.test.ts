import t from 'tap'
import { TargetOverrides } from '../../src/server/target-overrides.js'

const [one, two] = ['http://10.0.0.1', 'http://10.0.0.2']

t.test('what an admin has set is laid over what the config says', async t => {
  const overrides = new TargetOverrides()
  overrides.change('api', one, { state: 'drain' }, { url: one })
  overrides.change('api', one, { weight: 3 }, { url: one })
  overrides.change('api', two, { state: 'maint' }, { url: two, weight: 2 })
  t.strictSame(overrides.apply('api', [{ url: one }, { url: two, weight: 2 }]), [
    { url: one, weight: 3, drain: true, maintenance: false },
    { url: two, weight: 2, drain: false, maintenance: true }
  ])
  t.strictSame(overrides.apply('web', [{ url: one }]), [{ url: one }], 'in its pool only')
  t.strictSame(overrides.lines, [`api/${one} is drain has weight 3`, `api/${two} is maint`])
})

t.test('who sets a target back to what its config says leaves the word to the config', async t => {
  const overrides = new TargetOverrides()
  const configured = { url: one, weight: 1, drain: false }
  overrides.change('api', one, { state: 'drain', weight: 7 }, configured)
  overrides.change('api', one, { state: 'ready' }, configured)
  t.strictSame(overrides.lines, [`api/${one} has weight 7`])
  overrides.change('api', one, { weight: 1 }, configured)
  t.strictSame(overrides.lines, [])
  const later = [{ url: one, weight: 5, drain: true }]
  t.strictSame(overrides.apply('api', later), later)
})

t.test('ready is a word against a config that drains, and about a target that it does not name', async t => {
  const overrides = new TargetOverrides()
  overrides.change('api', one, { state: 'ready' }, { url: one, drain: true })
  overrides.change('api', two, { state: 'ready' })
  t.match(overrides.apply('api', [{ url: one, drain: true }, { url: two, drain: true }]), [{ drain: false }, { drain: false }])
})

t.test('one that only an admin has added and removed again may come by the config later', async t => {
  const overrides = new TargetOverrides()
  overrides.add('api', { url: one, weight: 2 })
  t.strictSame(overrides.apply('api', []), [{ url: one, weight: 2 }])
  overrides.remove('api', one, false)
  t.strictSame(overrides.apply('api', [{ url: one }]), [{ url: one }])
  t.strictSame(overrides.lines, [])
  overrides.remove('api', two, true)
  t.strictSame(overrides.apply('api', [{ url: two }]), [], 'unlike one of the config')
  overrides.add('api', { url: two, weight: 3 })
  t.strictSame(overrides.apply('api', [{ url: two, weight: 1 }]), [{ url: two, weight: 3 }])
})

t.test('what is taken back is as it was', async t => {
  const overrides = new TargetOverrides()
  overrides.change('api', one, { state: 'drain' })
  const takeBack = overrides.save()
  overrides.change('api', one, { weight: 2 })
  overrides.remove('api', two, true)
  overrides.add('web', { url: one })
  takeBack()
  t.strictSame(overrides.lines, [`api/${one} is drain`])
  t.strictSame(overrides.apply('web', []), [])
})
