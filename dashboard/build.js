import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

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

/** What is bundled of others goes on under their licenses, which ask that their notice goes along: in each bundle, and as a file for people. */
async function addLicenses () {
  const all = new Set()
  for (const [file, { inputs }] of Object.entries(metafile.outputs)) {
    const used = packagesOf(Object.keys(inputs))
    for (const folder of used) all.add(folder)
    if (used.length > 0) await writeFile(new URL(file, ROOT), `/*!\n${await licenses(used)}*/\n`, { flag: 'a' })
  }
  await writeFile(new URL('licenses.txt', OUT), `The dashboard holds code of these packages.\n\n${await licenses([...all].sort())}`)
}

/** Folders of the packages that files are of. */
function packagesOf (files) {
  return [...new Set(files.map(file => /^.*\bnode_modules\/(?:@[^/]+\/)?[^/]+\//.exec(file)?.[0]).filter(folder => folder !== undefined))].sort()
}

/** @throws if one of them has none. */
async function licenses (folders) {
  const texts = await Promise.all(folders.map(async folder => {
    const { name, version, license } = JSON.parse(await readFile(new URL(`${folder}package.json`, ROOT), 'utf8'))
    const text = await readFile(new URL(`${folder}LICENSE`, ROOT), 'utf8')
    return `${name} ${version} (${license})\n\n${text.trim()}\n`
  }))
  return texts.join('\n\n')
}
