import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openBrowser } from './chromium.ts'
import { Demonstration } from './demonstration.ts'

/** Writes the pictures of the documents: `node app/dist/browser/screenshots.js`, from the root, after a build. */
const folder = fileURLToPath(new URL('../../../docs/images/', import.meta.url))
const eveningSeconds = 25

const demonstration = await Demonstration.open()
const browser = await openBrowser()
try {
  await mkdir(folder, { recursive: true })
  const page = await browser.newPage({ viewport: { width: 1100, height: 760 } })
  await demonstration.logIn(page)
  await page.getByText('live', { exact: true }).waitFor()
  await page.waitForTimeout(5000)
  await page.getByRole('button', { name: 'Friday evening' }).click()
  await page.waitForTimeout(eveningSeconds * 1000)
  await page.screenshot({ path: join(folder, 'dashboard.png') })
  await page.getByRole('button', { name: 'End it' }).click()
  await page.goto(`${demonstration.url}/admin/contractors?search=anna`)
  await page.screenshot({
    path: join(folder, 'contractors.png'),
    clip: { x: 0, y: 0, width: 1100, height: 420 },
  })
} finally {
  await browser.close()
  await demonstration.close()
}
