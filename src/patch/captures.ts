import fs from 'node:fs'
import Module from 'node:module'
import { types } from 'node:util'
import { CapturedOriginalWarning } from '../errors.ts'

/** `const { readFileSync } = require('fs')`, in the forms that people and compilers write. */
const destructuring =
  /\{([^{}]*)\}\s*=\s*require\(\s*['"](?:node:)?(?:fs|child_process|crypto|zlib)['"]\s*\)/g

const { readFileSync } = fs

/**
 * Warns of CommonJS modules, loaded before, that hold originals in variables of their own, which
 * nobody can replace. Only their source can tell.
 */
export function warnOfCaptures(functions: readonly string[]): void {
  const captures: string[] = []
  for (const [file, module] of Object.entries(cache)) {
    // An ES module that was required: what it imports by name is replaced.
    if (types.isModuleNamespaceObject(module?.exports)) continue
    const captured = capturedIn(file, functions)
    if (captured.length > 0) captures.push(`${file} (${captured.join(', ')})`)
  }
  if (captures.length > 0) process.emitWarning(new CapturedOriginalWarning(captures))
}

const { _cache: cache } = Module as unknown as {
  _cache: Record<string, { exports?: unknown } | undefined>
}

function capturedIn(file: string, functions: readonly string[]): string[] {
  let source: string
  try {
    source = readFileSync(file, 'utf8')
  } catch {
    return [] // it is gone, or was never a file
  }
  const taken = [...source.matchAll(destructuring)].flatMap(([, list = '']) =>
    list.split(',').map((entry) => entry.split(':')[0]?.trim() ?? ''),
  )
  return functions.filter((name) => taken.includes(name))
}
