module.exports = require('greenthreads/fibers/future')
