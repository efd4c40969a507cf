import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { openBrowser, whyNoBrowser } from './chromium.ts'
import { Demonstration } from './demonstration.ts'

describe('the admin panel in Chromium', { skip: whyNoBrowser }, () => {
  let demonstration: Demonstration
  let browser: Browser
  let page: Page
  let complaints: string[]

  before(async () => {
    demonstration = await Demonstration.open()
    browser = await openBrowser()
  })
  after(async () => {
    await browser?.close()
    await demonstration?.close()
  })
  beforeEach(async () => {
    page = await browser.newPage()
    page.setDefaultTimeout(60_000)
    complaints = []
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('console', (message) => {
      // What the content policy or a missing file forbids is told here.
      if (message.type() === 'error') complaints.push(message.text())
    })
  })
  afterEach(async () => {
    await page.context().close()
    assert.deepEqual(complaints, [])
  })

  test('logs in, searches a list and shows one entry', async () => {
    await demonstration.logIn(page)
    await page.getByRole('link', { name: 'Contractors' }).click()
    await page.getByLabel('Name or INN').fill('anna the courier')
    await page.getByRole('button', { name: 'Show' }).click()
    await page
      .getByRole('link', { name: /^\d{12}$/ })
      .first()
      .click()
    await page.getByRole('heading', { name: /Anna the courier/ }).waitFor()
  })

  test('goes through a list page by page', async () => {
    await demonstration.logIn(page)
    await page.goto(`${demonstration.url}/admin/contractors`)
    const first = await page
      .getByRole('link', { name: /^\d{12}$/ })
      .first()
      .textContent()
    await page.getByRole('link', { name: 'Next' }).click()
    await page.getByText('Page 2').waitFor()
    assert.notEqual(
      await page
        .getByRole('link', { name: /^\d{12}$/ })
        .first()
        .textContent(),
      first,
    )
  })

  test('makes an API key that works, revokes it, and has both in the audit log', async () => {
    await demonstration.logIn(page)
    await page.getByRole('link', { name: 'API keys' }).click()
    const name = 'payroll <b>bold</b>'
    await page.getByLabel('Client service').fill(name)
    await page.getByRole('checkbox', { name: /contractors:read/ }).check()
    await page.getByRole('button', { name: 'Create the key' }).click()
    const key = (await page.locator('#key').textContent()) ?? ''
    const call = () =>
      fetch(`${demonstration.url}/contractors/1`, { headers: { authorization: `Bearer ${key}` } })
    assert.equal((await call()).status, 400, 'the key is accepted, the INN is not')

    await page.getByRole('link', { name: 'To the keys' }).click()
    const row = page.getByRole('row').filter({ hasText: name })
    await row.getByText('Revoke', { exact: true }).click()
    await row.getByRole('button', { name: `Revoke the key of ${name}` }).click()
    await page.getByText('The key was revoked').waitFor()
    assert.equal((await call()).status, 401)

    await page.getByRole('link', { name: 'Audit log' }).click()
    await page.getByRole('row').filter({ hasText: 'key revoked' }).first().waitFor()
    await page.getByRole('row').filter({ hasText: 'key created' }).first().waitFor()
  })

  test('logs out', async () => {
    await demonstration.logIn(page)
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.getByText('You are logged out').waitFor()
    await page.goto(`${demonstration.url}/admin/audit`)
    await page.getByRole('heading', { name: 'Log in' }).waitFor()
  })

  test('shows the API with everything its page needs', async () => {
    await page.goto(`${demonstration.url}/docs/`)
    await page.getByText('Register a contractor').first().waitFor()
  })

  test('shows Friday evening live: the neighbour is turned away, the front user is answered', async () => {
    await demonstration.logIn(page)
    await page.getByText('live', { exact: true }).waitFor()
    await page.locator('canvas').first().waitFor()
    await page.getByRole('button', { name: 'Friday evening' }).click()
    await page.getByRole('row').filter({ hasText: '/contractors/:inn/status' }).first().waitFor()
    // The tax authority does not answer in time: after some calls it is left in peace.
    const taxAuthority = page.getByRole('row').filter({ hasText: 'tax authority' })
    await taxAuthority.filter({ hasText: /open/ }).waitFor()
    await page
      .locator('#refused')
      .filter({ hasText: /^[1-9]/ })
      .waitFor()
    await page.locator('#front').filter({ hasText: /^\d/ }).waitFor()

    const breakers = page.locator('form[data-protection=breakers]')
    await breakers.getByRole('button').click()
    await breakers.filter({ hasText: 'off' }).waitFor()
    await taxAuthority.filter({ hasText: 'off' }).waitFor()
    // Now they wait for it, all of them, each on a stack of its own.
    await page
      .locator('#threads')
      .filter({ hasText: /^\d{2,}$/ })
      .waitFor()
    await page
      .getByRole('row')
      .filter({ hasText: 'GET /contractors/:inn/status' })
      .first()
      .waitFor()
    const { front } = demonstration.fixture.crowd?.figures ?? {}
    assert.ok(front && front.answers > 0, JSON.stringify(front))
    assert.equal(front.failed, 0)

    await breakers.getByRole('button').click()
    await breakers.filter({ hasText: ': on' }).waitFor()
    await page.getByRole('button', { name: 'End it' }).click()
    await page.locator('#refused').filter({ hasText: /^0$/ }).waitFor()
  })
})
