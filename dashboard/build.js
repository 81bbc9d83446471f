import { copyFile, mkdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** Bundles the dashboard into `dist/dashboard`, from where the admin listener serves it: nothing is loaded from elsewhere. */
const HERE = new URL('./', import.meta.url)
const OUT = new URL('../dist/dashboard/', HERE)

await mkdir(OUT, { recursive: true })
await build({
  entryPoints: [fileURLToPath(new URL('app.tsx', HERE)), fileURLToPath(new URL('style.css', HERE))],
  outdir: fileURLToPath(OUT),
  bundle: true,
  minify: true,
  format: 'esm',
  target: ['chrome123', 'firefox121', 'safari17.5'],
  legalComments: 'inline'
})
for (const name of ['index.html', 'icon.svg']) await copyFile(new URL(name, HERE), new URL(name, OUT))
