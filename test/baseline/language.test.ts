import { describe, expect, it } from 'vitest'
import { fitLanguages, languageOf } from '../../src/baseline/language.js'

const learnt = {
  en: ['the weather is nice today and we should go for a walk', 'what would you like to have for dinner this evening'],
  de: ['das Wetter ist heute schön und wir sollten spazieren gehen', 'was möchtest du heute zum Abendessen haben'],
  fr: ['il fait beau aujourd’hui et nous devrions aller nous promener', 'que voudrais-tu manger ce soir pour le dîner'],
  ja: ['今日は天気がいいので散歩に行きましょう', '今夜の夕食は何が食べたいですか'],
}
const texts = Object.entries(learnt).flatMap(([code, lines]) => lines.map(text => ({ text, code })))

describe('the language of a turn', () => {
  it.each([
    ['en', 'there is nothing that I would like to have'],
    ['de', 'wir möchten heute zum Wetter etwas sagen und gehen'],
    ['fr', 'nous devrions manger pour le plaisir'],
    ['ja', '何時に行きますか'],
  ])('tells %s', (code, text) => {
    expect(languageOf(fitLanguages(texts), text)).toBe(code)
  })

  it('is always the one that was seen, and none where none was', () => {
    expect(languageOf(fitLanguages([{ text: 'hello', code: 'en' }]), 'Guten Tag')).toBe('en')
    expect(languageOf(fitLanguages([]), 'Guten Tag')).toBeNull()
  })

  it('does not depend on the order of the texts', () => {
    expect(fitLanguages(texts)).toEqual(fitLanguages(texts.toReversed()))
  })
})
