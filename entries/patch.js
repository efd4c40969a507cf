import { load } from './shared.cjs'

const loaded = load('patch/patch.js')

export const {
  isPatched,
  original,
  patch,
  patchAll,
  patchEvents,
  replacePackages,
  unpatch,
  unpatchAll,
  waitAnywhere,
} = loaded
