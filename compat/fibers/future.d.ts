import Future = require('greenthreads/fibers/future')
export = Future
