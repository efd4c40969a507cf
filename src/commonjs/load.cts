const shared: { load(file: string): object } = require('../../entries/shared.cjs')

/**
 * What an ES module of this package stands for in CommonJS, of the one copy that there is, whoever loads it.
 *
 * @param file relative to dist/.
 */
function load(file: string): unknown {
  const loaded = shared.load(file) as { default?: unknown }
  return loaded.default ?? loaded
}

export = load
