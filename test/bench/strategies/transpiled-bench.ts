import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import ts from 'typescript'
import { root } from '../../../bench/root.js'

interface Teardown { teardown (fn: () => void): void }

/**
 * The benchmark's main module, with all that it imports, as plain JavaScript in a directory that goes with the test: its processes need to know nothing of
 * TypeScript. It lies within the package, so that they find its dependencies. The proxy that they measure is the built one.
 */
export function transpiledBench (t: Teardown): string {
  mkdirSync(join(root, '.tap'), { recursive: true })
  const directory = mkdtempSync(join(root, '.tap', 'bench-'))
  t.teardown(() => { rmSync(directory, { recursive: true, force: true }) })
  for (const part of ['src', 'bench']) {
    for (const file of readdirSync(join(root, part), { recursive: true, encoding: 'utf8' })) {
      if (file.endsWith('.ts')) transpile(join(root, part, file), join(directory, part, file.replace(/\.ts$/, '.js')))
    }
  }
  return join(directory, 'bench', 'run.js')
}

function transpile (from: string, to: string): void {
  const { outputText } = ts.transpileModule(readFileSync(from, 'utf8'), {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true }
  })
  mkdirSync(dirname(to), { recursive: true })
  writeFileSync(to, outputText)
}
