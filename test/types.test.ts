import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const ROOT = fileURLToPath(new URL('../', import.meta.url))
const TSC = createRequire(import.meta.url).resolve('typescript/bin/tsc')

for (const project of ['.', 'dashboard']) {
  t.test(`the compiler has nothing against ${project === '.' ? 'src, test, bench and examples' : project}`, async t => {
    const output = await new Promise<string>(resolve => {
      execFile(process.execPath, [TSC, '--noEmit', '--project', project], { cwd: ROOT }, (error, stdout, stderr) => { resolve(error === null ? '' : stdout + stderr) })
    })
    t.equal(output, '')
  })
}
