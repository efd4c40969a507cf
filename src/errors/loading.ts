import { GreenThreadsError } from './base.ts'

/** The native addon could not be found or loaded. */
export class AddonError extends GreenThreadsError {
  constructor(
    code: 'ERR_GT_ADDON_NOT_FOUND' | 'ERR_GT_ADDON_FAILED',
    message: string,
    cause?: unknown,
  ) {
    super(code, message, { cause })
  }
}

/** Another version of this library is loaded already. */
export class LoadedTwiceError extends GreenThreadsError {
  constructor(first: string, second: string) {
    super(
      'ERR_GT_LOADED_TWICE',
      `greenthreads is loaded already, from\n  ${first}\nand now again, from\n  ${second}\n` +
        'Different versions can not share one thread of Node.js. Let all packages use one version ' +
        '(npm ls greenthreads, npm dedupe).',
    )
  }
}

/** A module was patched that is patched already. A warning: it is emitted, not thrown. */
export class PatchedTwiceWarning extends GreenThreadsError {
  constructor(modules: readonly string[]) {
    super(
      'ERR_GT_PATCHED_TWICE',
      `${modules.join(', ')}: patched already, so nothing was changed.\n` +
        'Patch once, as early as possible: with `node --import greenthreads/register`, or with patchAll() ' +
        'in the first line of the program.',
    )
  }
}

/** Modules loaded before hold functions that were patched later. A warning: it is emitted, not thrown. */
export class CapturedOriginalWarning extends GreenThreadsError {
  constructor(captures: readonly string[]) {
    super(
      'ERR_GT_CAPTURED_ORIGINAL',
      `These modules were loaded before patching and hold blocking functions in variables of their own, ` +
        `which can't be replaced:\n${captures.map((capture) => `  ${capture}`).join('\n')}\n` +
        'Patch before they are loaded: node --import greenthreads/register',
    )
  }
}

/** `greenthreads run` was given TypeScript where nothing strips its types. */
export class TypesNotStrippedError extends GreenThreadsError {
  constructor(file: string) {
    super(
      'ERR_GT_TYPES_NOT_STRIPPED',
      `${file} is TypeScript, and Node.js ${process.version} does not strip its types.\n` +
        'Run it with Node.js 22.18 or newer, or with a loader: node --import tsx node_modules/.bin/greenthreads run ..., ' +
        'or compile it first.',
    )
  }
}
