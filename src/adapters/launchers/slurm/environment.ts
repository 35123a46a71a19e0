/**
 * Variables of a login that jobs may rely on. Of the rest, any may be a secret, and Slurm keeps what it is given; those of
 * sbatch itself (SBATCH_*) would prevail over the head of the script.
 */
const harmless = /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_\w+|TZ|TMPDIR|LD_LIBRARY_PATH|MODULEPATH|SLURM_CONF\w*)$/

/** The environment in which sbatch runs, and which Slurm hands to the job. */
export const submitEnvironment = (own: NodeJS.ProcessEnv, named: readonly string[]): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(own).filter(([name]) => harmless.test(name) || named.includes(name)))
