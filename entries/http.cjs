module.exports = require('./shared.cjs').load('integrations/http.js')
