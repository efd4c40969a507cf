/** Loads the native addon, and nothing else. */
import { addon } from '../support/addon.ts'

console.log(addon.backend)
