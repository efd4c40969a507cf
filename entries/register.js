import { urlOf } from './shared.cjs'

// It waits at its top level, so it can't be required.
await import(urlOf('patch/register.js'))
