import { StartError } from '../start-error.ts'

/** One environment variable, as the help shows it. */
export interface Setting {
  readonly name: string
  readonly fallback: string
  readonly help: string
}

/** Read by name, with the fallback of the table of settings for those that are absent or empty. */
export interface SettingsReader {
  text(name: string): string
  number(name: string, least: number, most: number): number
}

export class ConfigError extends StartError {
  constructor(message: string) {
    super(message)
    this.name = 'ConfigError'
  }
}
