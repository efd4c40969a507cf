module.exports = require('./shared.cjs').load('inspect.js')
