// After the compiler: what has no source any more goes, since all of dist is packed; and what `bin` names is executable,
// also where it is run by its path.
import { chmodSync, existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

for (const name of readdirSync('dist', { recursive: true, encoding: 'utf8' })) {
  const source = name.replace(/(\.d\.ts|\.js\.map|\.js)$/, '.ts')
  if (source !== name && !existsSync(join('src', source))) rmSync(join('dist', name))
}
chmodSync('dist/cli/main.js', 0o755)
