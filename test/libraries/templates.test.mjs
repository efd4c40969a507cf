import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import ejs from 'ejs'
import { wait } from 'greenthreads'
import Handlebars from 'handlebars'
import { load, meeting } from './support.mjs'

// Synchronous template engines whose helpers ask a database: possible only because they can wait.

/** Renders for everyone at once, each in a callback of its own. */
async function assertEachRendersItsOwn(render) {
  const meet = meeting()
  const priceOf = (article) => {
    const price = wait(delay(1, article * 10))
    meet()
    return price
  }
  const pages = await Promise.all(
    Array.from({ length: load }, async (_, article) => {
      await null
      return render({ articles: [article], priceOf })
    }),
  )
  assert.deepEqual(
    pages,
    Array.from({ length: load }, (_, article) => `<li>${article}: ${article * 10}</li>`),
  )
}

test('Handlebars, a helper that waits', async () => {
  const template = Handlebars.compile(
    '{{#each articles}}<li>{{this}}: {{price this}}</li>{{/each}}',
  )
  await assertEachRendersItsOwn(({ articles, priceOf }) =>
    template({ articles }, { helpers: { price: priceOf } }),
  )
})

test('EJS, a function that waits', async () => {
  const template = ejs.compile(
    '<% for (const article of articles) { %><li><%= article %>: <%= priceOf(article) %></li><% } %>',
  )
  await assertEachRendersItsOwn(template)
})
