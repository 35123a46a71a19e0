import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testStage } from 'steerflow'
import { redact } from './redact.js'

const saying = (...texts) => ({
  conversations: texts.map((value, at) => ({ value, from: at % 2 ? 'Assistant' : 'User' })),
  tree_id: 'tree-1',
  system: 'A chat.\n\n',
  mask: 'User',
  type: 'VALUE_TO_TEXT',
  steerflow: {
    id: 'id-1',
    split: 'train',
    split_rule: 'source',
    origin: 'help-desk',
    lineage: { source: 'example', line: 1, configuration: 'example', models: [] },
    scores: null,
    value_model: null,
    attribute_set: 'helpsteer-5@1',
  },
})

/** What becomes of a text, where it is said by the user. */
async function redacted(text, options) {
  const [{ to, value }] = await testStage(redact, saying(text, 'Fine.'), { needs: {}, options })
  assert.equal(to, 'redacted')
  return value.conversations[0].value
}

for (const [what, text, expected] of [
  ['an e-mail address', 'I am ada.l+news@example.co.uk.', 'I am [e-mail].'],
  ['an address in brackets', 'Ada <ada@example.com>, hello', 'Ada <[e-mail]>, hello'],
  ['a link', 'See https://example.com/u/ada?page=2#top, please.', 'See [link], please.'],
  ['a link without a scheme', 'It is on www.example.com and example.com/ada', 'It is on [link] and [link]'],
  ['a phone number', 'Call +44 20 7946 0958 or (212) 555-0143.', 'Call [phone] or [phone].'],
  ['digits in a link', 'https://example.com/2125550143 is a page', '[link] is a page'],
  ['all of them', 'ada@example.com, 212-555-0143, http://example.com', '[e-mail], [phone], [link]'],
]) {
  test(`takes out ${what}`, async () => assert.equal(await redacted(text), expected))
}

for (const text of [
  'On 2024-05-17 I paid 1,299.00 for 3 of them, order 10-2241.',
  'Read event.target, then call plt.show() in main.py.',
  'Meet me @ noon: version 1.2.3 is out :)',
]) {
  test(`leaves ${text}`, async () => assert.equal(await redacted(text), text))
}

test('reads numbers without a country code as its options say, and writes what they say', async () => {
  const options = { country: 'DE', phone: '<number>' }
  assert.equal(await redacted('Call 030 901820.', options), 'Call <number>.')
  assert.equal(await redacted('Call 030 901820.'), 'Call 030 901820.')
})

test('looks at every turn and at the system prompt', async () => {
  const record = { ...saying('a@example.com', 'b@example.com'), system: 'Of c@example.com.\n\n' }
  const [{ value }] = await testStage(redact, record, { needs: {} })
  assert.equal(JSON.stringify(value).includes('@example'), false)
  assert.deepEqual(
    [value.system, ...value.conversations.map(turn => turn.value)],
    ['Of [e-mail].\n\n', '[e-mail]', '[e-mail]'],
  )
})

test('gives what it changed an id of its own, and keeps the former one on record', async () => {
  const [{ value }] = await testStage(redact, saying('I am ada@example.com.', 'Fine.'), { needs: {} })
  assert.notEqual(value.steerflow.id, 'id-1')
  const [{ stage, parent }, ...more] = value.steerflow.lineage.changes
  assert.deepEqual([stage, parent, more], ['redact', 'id-1', []])
  const untouched = saying('Hello.', 'Fine.')
  assert.deepEqual(await testStage(redact, untouched, { needs: {} }), [{ to: 'redacted', value: untouched }])
})
