import { setTimeout as delay } from 'node:timers/promises'
import { wait } from 'greenthreads'

/** A rule asks a service for the names that are reserved: rules are synchronous. */
const reserved = {
  meta: { type: 'problem', messages: { reserved: '{{name}} is reserved' }, schema: [] },
  create(context) {
    return {
      Identifier(node) {
        const names = wait(delay(1, ['forbidden']))
        if (!names.includes(node.name)) return
        context.report({ node, messageId: 'reserved', data: { name: node.name } })
      },
    }
  },
}

export default [
  {
    files: ['**/linted.mjs'],
    plugins: { local: { rules: { reserved } } },
    rules: { 'local/reserved': 'error' },
  },
]
