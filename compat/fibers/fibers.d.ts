import Fiber = require('greenthreads/fibers')
export = Fiber
