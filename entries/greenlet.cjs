module.exports = require('./shared.cjs').load('greenlet.js')
