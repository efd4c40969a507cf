module.exports = require('./shared.cjs').load('testing.js')
