module.exports = require('./shared.cjs').load('patch/patch.js')
