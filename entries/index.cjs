module.exports = require('./shared.cjs').load('index.js')
