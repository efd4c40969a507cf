// Runs on the thread on which Node.js resolves the specifiers of ES modules.

type Next = (specifier: string, context: unknown) => unknown

let replaced: Readonly<Record<string, string>> = {}

export function initialize(urls: Readonly<Record<string, string>>): void {
  replaced = urls
}

export function resolve(specifier: string, context: unknown, next: Next): unknown {
  const url = replaced[specifier]
  return url === undefined ? next(specifier, context) : { url, shortCircuit: true }
}
