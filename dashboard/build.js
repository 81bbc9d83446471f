import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { appendLicenses, licenses, packagesOf } from '../build/licenses.js'

/** Bundles the dashboard into `dist/dashboard`, from where the admin listener serves it: nothing is loaded from elsewhere. */
const HERE = new URL('./', import.meta.url)
const ROOT = new URL('../', HERE)
const OUT = new URL('dist/dashboard/', ROOT)

await mkdir(OUT, { recursive: true })
const { metafile } = await build({
  absWorkingDir: fileURLToPath(ROOT),
  entryPoints: ['dashboard/app.tsx', 'dashboard/style.css'],
  outdir: 'dist/dashboard',
  bundle: true,
  minify: true,
  metafile: true,
  format: 'esm',
  target: ['chrome123', 'firefox121', 'safari17.5'],
  legalComments: 'inline'
})
for (const name of ['index.html', 'icon.svg']) await copyFile(new URL(name, HERE), new URL(name, OUT))
await addLicenses()

/** Adds the notices of what is bundled to each bundle, and as a file for people. */
async function addLicenses () {
  const all = new Set()
  for (const [file, { inputs }] of Object.entries(metafile.outputs)) {
    const used = packagesOf(Object.keys(inputs))
    for (const folder of used) all.add(folder)
    if (used.length > 0) await appendLicenses(file, used)
  }
  await writeFile(new URL('licenses.txt', OUT), `The dashboard holds code of these packages.\n\n${await licenses([...all].sort())}`)
}
