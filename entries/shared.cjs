'use strict'

// One core runs in each thread of Node.js: two would switch stacks under each other's feet. So what
// users import is the copy of this package that was loaded first, and that in Node's own realm: the
// realms that test runners make for their files are taken apart when a file has ended.

const { AsyncResource } = require('node:async_hooks') // of Node's own realm, everywhere
const { join } = require('node:path')
const { pathToFileURL } = require('node:url')

// In test runners `require` and `createRequire` are theirs, and load everything anew; this is Node's.
const { _load } = require('node:module')

const place = Symbol.for('greenthreads.copy')
const folder = join(__dirname, '..')
const { version } = require('../package.json')

/** What a module of the shared copy exports; its path begins in dist/. */
exports.load = (path) => loadFrom(sharedFolder(), path)

/** The same module, to import. */
exports.urlOf = (path) => pathToFileURL(join(sharedFolder(), 'dist', path)).href

function sharedFolder() {
  // A string: an object would keep the realm alive in which it was made.
  AsyncResource[place] ??= `${version} ${folder}`
  const first = AsyncResource[place]
  const space = first.indexOf(' ')
  const [firstVersion, firstFolder] = [first.slice(0, space), first.slice(space + 1)]
  if (firstVersion === version) return firstFolder
  const { LoadedTwiceError } = loadFrom(folder, 'errors.js')
  throw new LoadedTwiceError(
    `${firstFolder} (version ${firstVersion})`,
    `${folder} (version ${version})`,
  )
}

function loadFrom(folder, path) {
  try {
    return _load(join(folder, 'dist', path), null, false)
  } catch (error) {
    if (error.code !== 'ERR_REQUIRE_ESM') throw error
    const message = `greenthreads needs Node.js 20.19, 22.12 or newer; this is ${process.version}.`
    throw new Error(message, { cause: error })
  }
}
