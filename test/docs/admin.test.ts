import { readFileSync } from 'node:fs'
import t from 'tap'
import { startAdmin } from '../admin/admin-world.js'
import { sections } from '../fixtures/markdown.js'

const page = sections(readFileSync(new URL('../../docs/admin.md', import.meta.url), 'utf8'))

function column (heading: string, index: number): string[] {
  return (page.find(section => section.heading === heading)?.table ?? []).map(cells => cells[index]?.replaceAll('`', '') ?? '')
}

t.test('the endpoints are those that there are', async t => {
  const { json } = await (await startAdmin(t)).ask('/openapi.json')
  const paths: Record<string, object> = json.paths
  const endpoints = Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map(method => `${method.toUpperCase()} ${path}`))
  t.strictSame(column('Endpoints', 0).sort(), endpoints.sort())
})

t.test('the states of a target are all explained', async t => {
  const { json } = await (await startAdmin(t)).ask('/openapi.json')
  t.strictSame(column('Targets', 0).sort(), [...json.components.schemas.Target.properties.state.enum].sort())
})

t.test('every refusal has its row', async t => {
  const source = readFileSync(new URL('../../src/admin/http/admin-problem.ts', import.meta.url), 'utf8')
  const codes = /type ProblemCode =([^/]*)\n\n/.exec(source)?.[1]?.match(/\w+(?=')/g) ?? []
  t.ok(codes.length > 10, 'the codes are found')
  t.strictSame(column('Refusals', 1).sort(), codes.sort())
})
