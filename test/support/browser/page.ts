import { type Browser, chromium, type Page } from 'playwright-core'
import { chromiumPath } from '../../../scripts/parts/chromium.js'

/** A page in a real browser, with everything that it has said and asked for. */
export interface OpenedPage {
  readonly page: Page
  /** Errors and warnings of the console, and errors that nothing caught. */
  readonly complaints: string[]
  /** Addresses of requests beside the page itself. */
  readonly requests: string[]
}

/** Starts the browser that is installed. Throws an Error when there is none. */
export function startBrowser(): Promise<Browser> {
  const executablePath = chromiumPath()
  if (executablePath === null) throw new Error('no Chromium is here')
  // Its sandbox refuses to run as root.
  return chromium.launch({ executablePath, chromiumSandbox: process.getuid?.() !== 0 })
}

/** Opens a file in a window of that width. */
export async function openPage(
  browser: Browser,
  file: string,
  { width, dark = false }: { readonly width: number; readonly dark?: boolean },
): Promise<OpenedPage> {
  const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme: dark ? 'dark' : 'light' })
  const [complaints, requests]: [string[], string[]] = [[], []]
  page.on('console', message => complaints.push(message.text()))
  page.on('pageerror', error => complaints.push(String(error)))
  page.on('request', request => requests.push(request.url()))
  await page.goto(`file://${file}`)
  return { page, complaints, requests: requests.slice(1) }
}
