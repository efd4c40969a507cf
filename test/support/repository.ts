import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The top folder of this repository, with a slash at its end. */
export const root: string = fileURLToPath(new URL('../../', import.meta.url))

export function read(path: string): string {
  return readFileSync(root + path, 'utf8')
}

/** The paths, from the top, of the files below `folder` whose name ends in `ending`. */
export function filesBelow(folder: string, ending: string): string[] {
  return readdirSync(root + folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(ending))
    .map((file) => `${folder}/${file.replaceAll('\\', '/')}`)
    .sort()
}
