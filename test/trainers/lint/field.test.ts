import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Config } from '../../../src/cli/config.js'
import { lintScript } from '../../../src/cli/training/lint.js'
import { shellCommands } from '../../../src/trainers/lint/shell-words.js'

const config = Config.parse({})
const linted = (script: string) => lintScript(script, config)
const errors = (script: string): readonly string[] =>
  linted(script).findings.flatMap(({ severity, rule, text }) => (severity === 'error' ? `${rule}: ${text}` : []))
const field = (name: string): string => readFileSync(`test/data/field/${name}.sh`, 'utf8')
/** Of every script here: the prompt tokens are others than those of the pipeline. */
const tokens = /^prompt-tokens: /

describe('scripts that people run', () => {
  it('a here-document for bash -c is read as the shell gets it; expansions are no errors', () => {
    const { jobs } = linted(field('lint1'))
    expect(jobs).toEqual([expect.stringContaining('train_gpt_sft')])
    expect(errors(field('lint1')).filter(text => !tokens.test(text))).toEqual([
      expect.stringMatching(/^sft-trainer: sft_trainer\.max_epochs is refused/),
      expect.stringMatching(/^lost-backslash: the shell removes the backslash of \S*end_of_turn=\\x0A/),
    ])
  })

  it.each([
    ['lint2', 'a comment within a command', /^detached-setting: model\.micro_batch_size, model\.global_batch_size: /],
    ['lint3', 'CR LF', /^carriage-return: /],
    ['lint4', 'a blank behind a backslash', /^stray-word: .*a blank with a backslash before it/],
    ['lint4', 'settings that no training gets', /^detached-setting: trainer\.devices, sft_trainer\.max_epochs: /],
    ['lint7', 'a value with a blank', /^stray-word: set\/train\.jsonl sets nothing/],
  ])('%s: %s', (name, _, finding) => expect(errors(field(name))).toContainEqual(expect.stringMatching(finding)))

  it('values that only the shell knows are no errors', () => {
    expect(errors(field('lint6')).filter(text => !tokens.test(text))).toEqual([])
  })
})

const train = 'python train_gpt_sft.py trainer.devices=8'

describe('what a shell makes of a line', () => {
  it.each([
    [`${train} model.x=$(cat "a b" | wc -l)/y`, 'a command in a value'],
    [`${train} model.x=\`date +%s\`_run`, 'a command in backticks'],
    [`${train} "model.x=\${A:-a b}"`, 'a default with a blank'],
    [`${train} > train.log 2>&1 &`, 'redirections'],
    [`${train} 2>/dev/null < <(yes)`, 'a process'],
    [`${train} --config-path=/c --config-name sft -cn sft`, 'options of hydra'],
    [`${train} ~model.peft +model/optim=adam`, 'a deletion and a group'],
    [`(cd /x; ${train})`, 'a subshell'],
    [`cat <<< x\n${train}`, 'a here-string'],
    [`echo "a <(b" "c >("\n${train}`, 'what is no process within quotes'],
    [`${train} $EXTRA "$@"`, 'words that only the shell knows'],
    ["cat <<'EOF' > notes.txt\nmodel.micro_batch_size=3 \\x41\nEOF\n" + train, 'a text in a here-document'],
  ])('%s: no error', script => {
    const [first, ...others] = errors(script).filter(text => !text.includes('model.x is not among'))
    expect(others).toEqual([])
    expect(first ?? '').toMatch(/^(prompt-tokens: .*)?$/)
    expect(linted(script).jobs).toHaveLength(1)
  })

  it.each([
    [`CMD="python train_gpt_sft.py sft_trainer.max_steps=1 \\\n model.x=\${Y}"\nsrun bash -c "$CMD"`, 'a variable'],
    [`srun singularity exec i.sif bash -lc 'python train_gpt_sft.py sft_trainer.max_steps=1'`, 'bash -c'],
    [`sh <<-END\n\tpython train_gpt_sft.py sft_trainer.max_steps=1\n\tEND`, 'a here-document with tabs'],
  ])('the script in %s is read', script => {
    expect(errors(script)).toContainEqual(expect.stringMatching(/^sft-trainer: sft_trainer\.max_steps/))
  })

  it('a script nested without end is read to a depth, in time', () => {
    const nested = '<<A x.py\n'.repeat(100_000)
    const started = performance.now()
    expect(shellCommands(nested).length).toBeLessThan(20)
    shellCommands(`"${'$('.repeat(200_000)}`)
    shellCommands('`"'.repeat(200_000))
    expect(performance.now() - started).toBeLessThan(20_000)
  })
})
