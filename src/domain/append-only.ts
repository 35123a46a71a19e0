/**
 * A list that only grows, as a value: adding gives another list and leaves this one as it was. Lists that came one from
 * another share their memory, so that adding to the newest takes the same time however long it is.
 */
export class AppendOnly<T> {
  private constructor(
    private readonly shared: T[],
    readonly length: number,
  ) {}

  static empty<T>(): AppendOnly<T> {
    return new AppendOnly<T>([], 0)
  }

  with(item: T): AppendOnly<T> {
    // Somebody has gone on from this list before: the memory behind its end is taken.
    const shared = this.shared.length === this.length ? this.shared : this.shared.slice(0, this.length)
    shared.push(item)
    return new AppendOnly(shared, this.length + 1)
  }

  all(): readonly T[] {
    return this.shared.slice(0, this.length)
  }
}
