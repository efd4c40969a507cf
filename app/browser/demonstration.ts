import type { Page } from 'playwright-core'
import { adminLogin } from '../src/access/panel-users.ts'
import { readConfig } from '../src/config.ts'
import { ServiceFixture } from '../test/support/service-fixture.ts'

/** A service with its crowd that listens, protected as it is by default, and pages that know its address. */
export class Demonstration {
  readonly fixture: ServiceFixture
  readonly url: string

  private constructor(fixture: ServiceFixture, url: string) {
    this.fixture = fixture
    this.url = url
  }

  static async open(): Promise<Demonstration> {
    const { protection } = readConfig({})
    const fixture = await ServiceFixture.open({ hasCrowd: true, taxTimeoutMs: 1000, protection })
    const url = await fixture.service.server.listen({ host: '127.0.0.1', port: 0 })
    return new Demonstration(fixture, url)
  }

  async logIn(page: Page): Promise<void> {
    await page.goto(`${this.url}/admin`)
    await page.getByLabel('Login').fill(adminLogin)
    await page.getByLabel('Password').fill(this.fixture.service.access.demoPassword ?? '')
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.getByRole('heading', { name: 'Dashboard' }).waitFor()
  }

  async close(): Promise<void> {
    await this.fixture.close()
  }
}
