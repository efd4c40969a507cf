module.exports = require('greenthreads/fibers')
