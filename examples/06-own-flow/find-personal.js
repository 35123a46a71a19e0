import { findPhoneNumbersInText } from 'libphonenumber-js/max'
import { find } from 'linkifyjs'

/** Whether a name of a host is meant as a link: in code `event.target` and `plt.show` look like one, too. */
const isLink = value => /^(?:[a-z][a-z0-9+.-]*:|www\.)|[/?]/i.test(value)

/**
 * The places of e-mail addresses, links and phone numbers in a text, in their order.
 * @param country of numbers without a country code, as two letters
 */
export function findPersonal(text, country) {
  const links = find(text).flatMap(({ type, value, start, end }) => {
    if (type === 'email') return [{ kind: 'eMail', start, end }]
    return isLink(value) ? [{ kind: 'link', start, end }] : []
  })
  // The digits of a link are no number.
  const rest = links.reduce((left, { start, end }) => replaced(left, start, end, '|'.repeat(end - start)), text)
  const numbers = findPhoneNumbersInText(rest, { defaultCountry: country, extended: true }).map(
    ({ startsAt: start, endsAt: end }) => ({ kind: 'phone', start, end }),
  )
  return [...links, ...numbers].sort((one, other) => one.start - other.start)
}

/** The text with something else between two places. */
export const replaced = (text, start, end, by) => text.slice(0, start) + by + text.slice(end)
