module.exports = require('./shared.cjs').load('integrations/fastify.js')
