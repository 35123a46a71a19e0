/** Represents values by small numbers: values with the same key have the same number. */
export class Interned<T> {
  readonly #numbers = new Map<string, number>()
  readonly #values: T[] = []

  number(key: string, value: T): number {
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    this.#numbers.set(key, this.#values.length)
    return this.#values.push(value) - 1
  }

  value(number: number): T {
    return this.#values[number]!
  }
}
