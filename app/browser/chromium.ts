import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const paths = [process.env.CHROMIUM_PATH, '/usr/bin/chromium', '/usr/bin/chromium-browser']
const path = paths.find((candidate) => candidate !== undefined && existsSync(candidate))

/** Why nothing can be tried in a browser here. */
export const whyNoBrowser: string | false =
  path === undefined && 'there is no /usr/bin/chromium, and CHROMIUM_PATH names no other'

/** Chromium without a window, which talks to nobody but the page's own server. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    ...(path !== undefined && { executablePath: path }),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  })
}
