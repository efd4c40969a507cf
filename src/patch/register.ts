import { waitAnywhere } from './callbacks.ts'
import { patchAll } from './patch.ts'
import { type ReplaceableName, replacePackages } from './replacements.ts'

// The preload: `node --import greenthreads/register app.js`.
patchAll()
// `GREENTHREADS_REPLACE=fibers,deasync`
const names = process.env.GREENTHREADS_REPLACE?.split(',').filter((name) => name !== '') ?? []
replacePackages(...(names as ReplaceableName[]))
if (process.env.GREENTHREADS_ANYWHERE !== 'off') {
  waitAnywhere()
  // The main module is loaded in a later turn of the event loop, and there may wait as well.
  await new Promise((resolve) => setImmediate(resolve))
}
