module.exports = require('./shared.cjs').load('integrations/offload.js')
