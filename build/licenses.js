import { readdir, readFile, writeFile } from 'node:fs/promises'

const ROOT = new URL('../', import.meta.url)

/** Folders of the packages that files are of, all of them relative to the repository. */
export function packagesOf (files) {
  return [...new Set(files.map(file => /^.*\bnode_modules\/(?:@[^/]+\/)?[^/]+\//.exec(file)?.[0]).filter(folder => folder !== undefined))].sort()
}

/**
 * What is bundled of others goes on under their licenses, which ask that their notice goes along: the notices of packages, by their folders.
 * @throws if one of them has none.
 */
export async function licenses (folders) {
  const texts = await Promise.all(folders.map(async folder => {
    const { name, version, license } = JSON.parse(await readFile(new URL(`${folder}package.json`, ROOT), 'utf8'))
    return `${name} ${version} (${license})\n\n${(await licenseText(folder)).trim()}\n`
  }))
  return texts.join('\n\n')
}

/** Adds the notices of packages to a bundle, relative to the repository. */
export async function appendLicenses (bundle, folders) {
  await writeFile(new URL(bundle, ROOT), `/*!\n${await licenses(folders)}*/\n`, { flag: 'a' })
}

/** Some write its name small. */
async function licenseText (folder) {
  const name = (await readdir(new URL(folder, ROOT))).find(name => /^licen[cs]e(?:\.md|\.txt)?$/i.test(name))
  if (name === undefined) throw new Error(`${folder} has no license`)
  return await readFile(new URL(folder + name, ROOT), 'utf8')
}
