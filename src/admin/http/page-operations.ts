import { Type } from '../../base/type.js'
import { AdminProblem } from './admin-problem.js'
import { readAssets } from './assets.js'
import { problem } from './openapi.js'
import { anyQuery, operation, type Answer, type Operation } from './operation.js'

/** The dashboard: files that hold nothing of the proxy's, so anyone may have them. */
export function pageOperations (directory: URL): readonly Operation[] {
  const assets = readAssets(directory)
  const file = (name: string): Answer => {
    const asset = assets.get(name)
    if (asset === undefined) throw new AdminProblem(404, 'not_found', assets.size === 0 ? 'The dashboard has not been built' : 'There is no such file')
    return { status: 200, content: asset.bytes, type: asset.type }
  }
  return [
    operation('getDashboard', 'GET', '/', {
      summary: 'The dashboard',
      access: 'link',
      query: anyQuery,
      answers: { 200: { description: 'The page.', content: { 'text/html': Type.String() } } },
      run: () => file('index.html')
    }),
    operation('getAsset', 'GET', '/assets/{file}', {
      summary: 'A file of the dashboard',
      access: 'anyone',
      params: Type.Object({ file: Type.String({ description: 'Its name.' }) }, { additionalProperties: false }),
      answers: {
        200: { description: 'The file.', content: { 'text/html': Type.String(), 'text/css': Type.String(), 'text/javascript': Type.String(), 'image/svg+xml': Type.String() } },
        404: problem('There is no such file.')
      },
      run: ({ params }) => file(params.file)
    })
  ]
}
