// What `bin` names must be executable also where it is run by its path.
import { chmodSync } from 'node:fs'

chmodSync('dist/cli/main.js', 0o755)
