module.exports = require('./shared.cjs').load('lowlevel.js')
