import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'
import { Semaphore, wait } from 'greenthreads'

/** What one guess costs. The cost is stored with the hash, so that it can be raised later. */
export interface HashCost {
  readonly N: number
  readonly r: number
  readonly p: number
}

export const leastPasswordLength = 12
export const mostPasswordLength = 200

/** For passwords that people choose: 32 MiB and some tenths of a second for each guess. */
export const slowHash: HashCost = { N: 2 ** 15, r: 8, p: 3 }
/** For random passwords, which nobody can guess whatever a guess costs. */
export const quickHash: HashCost = { N: 2 ** 10, r: 8, p: 1 }

const saltLength = 16
const hashLength = 32
const mostMemory = 128 * 1024 * 1024

// Node.js has four threads for this, for files and for names of hosts: a crowd that logs in leaves two of them.
const hashing = new Semaphore(2)

export function hashPassword(password: string, cost: HashCost = slowHash): string {
  const salt = randomBytes(saltLength)
  const hash = derive(password, salt, cost)
  const parts = ['scrypt', cost.N, cost.r, cost.p, salt.toString('base64'), hash.toString('base64')]
  return parts.join('$')
}

export function isPasswordOf(stored: string, password: string): boolean {
  const [scheme, N, r, p, salt, hash] = stored.split('$')
  if (scheme !== 'scrypt' || salt === undefined || hash === undefined) {
    throw new Error(`A stored password has the scheme "${scheme}", which is not known.`)
  }
  const cost = { N: Number(N), r: Number(r), p: Number(p) }
  const derived = derive(password, Buffer.from(salt, 'base64'), cost)
  return timingSafeEqual(derived, Buffer.from(hash, 'base64'))
}

function derive(password: string, salt: Buffer, cost: HashCost): Buffer {
  using _permit = hashing.hold()
  // Keyboards differ in how they compose one and the same letter.
  return wait(scryptAsync(password.normalize('NFKC'), salt, { ...cost, maxmem: mostMemory }))
}

function scryptAsync(password: string, salt: Buffer, options: ScryptOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, hashLength, options, (error, hash) => {
      if (error) reject(error)
      else resolve(hash)
    })
  })
}
