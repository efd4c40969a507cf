import { outputOf, StepFailed } from './process.mjs'

/** Says everything that is missing for a native build at once, and what installs it. */
export function requireToolchain() {
  // node-gyp finds Visual Studio by itself and reports it better than we could.
  if (process.platform === 'win32') return
  const missing = [
    ['python3', findPython()],
    ['make', outputOf('make', ['--version'])],
    [
      'a C++20 compiler',
      outputOf(process.env.CXX ?? 'g++', ['--version']) ?? outputOf('c++', ['--version']),
    ],
  ]
    .filter(([, version]) => version === undefined)
    .map(([name]) => name)
  if (missing.length === 0) return
  throw new StepFailed(
    `The native addon cannot be built: ${missing.join(', ')} not found.\n${howToInstall()}`,
  )
}

function findPython() {
  const named = process.env.PYTHON ?? process.env.npm_config_python
  return outputOf(named ?? 'python3', ['--version']) ?? outputOf('python', ['--version'])
}

function howToInstall() {
  if (process.platform === 'darwin')
    return 'Install the command line tools:  xcode-select --install'
  return [
    'Install them, for example:',
    '  Debian, Ubuntu:  apt-get install -y python3 make g++',
    '  Fedora:          dnf install -y python3 make gcc-c++',
    '  Alpine:          apk add python3 make g++',
  ].join('\n')
}
