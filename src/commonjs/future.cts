import type { FutureConstructor, Future as Instance } from '../fibers/future.ts' with {
  'resolution-mode': 'import',
}

import load = require('./load.cts')

interface Future<T = any> extends Instance<T> {}
const Future: FutureConstructor = load('fibers/future.js') as FutureConstructor

export = Future
