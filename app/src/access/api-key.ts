import { createHash, randomBytes } from 'node:crypto'

/** Tells people and leak scanners what they are looking at. */
const prefix = 'gtk_'
const randomLength = 32
const hintLength = prefix.length + 4

/** A new key: shown once, to whoever it was made for. Only its hash is stored. */
export function newApiKey(): string {
  return prefix + randomBytes(randomLength).toString('base64url')
}

/** Nobody can guess 32 random bytes, so that a fast hash, which can be looked up, protects them as well as a slow one. */
export function hashOfKey(key: string): string {
  return createHash('sha256').update(key).digest('hex')
}

/** The beginning of a key, by which people tell one from another. */
export function hintOfKey(key: string): string {
  return key.slice(0, hintLength)
}

/** Long enough not to be guessed, of characters that need no escape in a header. */
export function isChosenKey(text: string): boolean {
  return /^gtk_[A-Za-z0-9_-]{16,200}$/.test(text)
}
