import { randomBytes } from 'node:crypto'
import { Problem } from '../domain/errors.ts'
import type { Clock } from '../status/status-cache.ts'
import type { Database, Queries } from '../storage/database.ts'
import { type PanelUser, PanelUserRepository } from '../storage/panel-user-repository.ts'
import type { Role } from './access.ts'
import {
  hashPassword,
  isPasswordOf,
  leastPasswordLength,
  mostPasswordLength,
  quickHash,
  slowHash,
} from './password.ts'
import { endSessionsOf } from './sessions.ts'

/** Writes down what is done, in the same transaction. */
export type Alongside = (queries: Queries, user: PanelUser) => void

export const adminLogin = 'admin'

/** Who may use the admin panel. */
export class PanelUsers {
  readonly #database: Database
  readonly #now: Clock
  #decoyHash: string | undefined

  constructor(database: Database, now: Clock) {
    this.#database = database
    this.#now = now
  }

  /** The user whose login and password these are. */
  authenticate(login: string, password: string): PanelUser | undefined {
    const found = new PanelUserRepository(this.#database).findActive(login.trim().toLowerCase())
    // An unknown login costs as much time as a known one: the time must not tell which logins exist.
    const hash = found?.passwordHash ?? this.#decoy()
    const isRight = password.length <= mostPasswordLength && isPasswordOf(hash, password)
    return isRight ? found?.user : undefined
  }

  all(): PanelUser[] {
    return new PanelUserRepository(this.#database).all()
  }

  /** Throws a `Problem` when the login or the password can't be used, or the login is taken. */
  add(login: string, role: Role, password: string, alongside: Alongside): PanelUser {
    const name = checkedLogin(login)
    const hash = hashPassword(checkedPassword(password))
    return this.#database.transaction((queries) => {
      const user = new PanelUserRepository(queries).add(name, role, hash, this.#now())
      if (user === undefined) throw loginTaken(name)
      alongside(queries, user)
      return user
    })
  }

  changeRole(id: number, role: Role, alongside: Alongside): void {
    this.#change(id, alongside, (repository) => repository.setRole(id, role))
  }

  /** Ends the user's sessions: whoever had learned the old password is out. */
  changePassword(id: number, password: string, alongside: Alongside): void {
    const hash = hashPassword(checkedPassword(password))
    this.#change(id, alongside, (repository, queries) => {
      repository.setPassword(id, hash)
      endSessionsOf(queries, id)
    })
  }

  disable(id: number, alongside: Alongside): void {
    this.#change(id, alongside, (repository, queries) => {
      repository.setDisabled(id, this.#now())
      endSessionsOf(queries, id)
    })
  }

  enable(id: number, alongside: Alongside): void {
    this.#change(id, alongside, (repository) => repository.setDisabled(id, undefined))
  }

  /**
   * Makes sure that there is an administrator with this password, or, without one, with a random password,
   * which is returned.
   */
  ensureAdmin(chosenPassword: string | undefined): string {
    const password = chosenPassword ?? randomBytes(12).toString('base64url')
    const hash = hashPassword(password, chosenPassword === undefined ? quickHash : slowHash)
    this.#database.transaction((queries) => {
      const repository = new PanelUserRepository(queries)
      if (repository.add(adminLogin, 'admin', hash, this.#now()) !== undefined) return
      const { user } = repository.findActive(adminLogin) ?? {}
      if (user === undefined) return // an administrator who was disabled stays so
      repository.setPassword(user.id, hash)
      endSessionsOf(queries, user.id)
    })
    return password
  }

  #change(
    id: number,
    alongside: Alongside,
    change: (repository: PanelUserRepository, queries: Queries) => void,
  ): void {
    this.#database.transaction((queries) => {
      const repository = new PanelUserRepository(queries)
      const user = repository.find(id)
      if (user === undefined) throw unknownUser(id)
      change(repository, queries)
      alongside(queries, user)
    })
  }

  #decoy(): string {
    this.#decoyHash ??= hashPassword(randomBytes(16).toString('base64url'))
    return this.#decoyHash
  }
}

function checkedLogin(login: string): string {
  const name = login.trim().toLowerCase()
  if (/^[a-z0-9][a-z0-9._@-]{0,63}$/.test(name)) return name
  throw new Problem(
    'invalid',
    'LOGIN_INVALID',
    'A login has up to 64 letters a to z, digits, and . _ @ -, and begins with a letter or a digit.',
  )
}

function checkedPassword(password: string): string {
  if (password.length >= leastPasswordLength && password.length <= mostPasswordLength)
    return password
  throw new Problem(
    'invalid',
    'PASSWORD_LENGTH',
    `A password has from ${leastPasswordLength} to ${mostPasswordLength} characters, this one has ${password.length}.`,
    { least: leastPasswordLength, most: mostPasswordLength, actual: password.length },
  )
}

function loginTaken(login: string): Problem {
  return new Problem('invalid', 'LOGIN_TAKEN', `There is a user ${login} already.`, { login })
}

function unknownUser(id: number): Problem {
  return new Problem('not-found', 'USER_UNKNOWN', `There is no user number ${id}.`, { id })
}
