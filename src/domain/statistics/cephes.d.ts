/** The package has types, but its `exports` hide them from modules: what is used of it is declared here. */
declare module 'cephes' {
  /** Resolved when the WebAssembly is ready; nothing may be called before. */
  export const compiled: Promise<unknown>
  /** The t for which Student's distribution of `k` degrees of freedom has the probability `p` below it. */
  export function stdtri(k: number, p: number): number
  /** The x for which the incomplete beta function of `a` and `b` is `y`. */
  export function incbi(a: number, b: number, y: number): number
}
