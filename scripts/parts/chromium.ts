import { accessSync, constants } from 'node:fs'
import { commandPath, installDebian } from './commands.js'
import type { Part } from './part.js'

/** What Chromium and Chrome are called, the free one first. */
const COMMANDS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const APPLICATIONS = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

const runs = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** The path of a Chromium or Chrome that is installed here, or null. */
export const chromiumPath = (): string | null =>
  COMMANDS.map(commandPath).find(path => path !== null) ?? APPLICATIONS.find(runs) ?? null

/** The system's own browser: as root on Debian its package is installed, whose contents apt checks. */
export const chromium: Part = {
  name: 'chromium',
  installed: () => chromiumPath() !== null,
  place: chromiumPath,
  install: () => installDebian('chromium', 'no Chromium is here'),
}
