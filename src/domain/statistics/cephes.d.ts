/** The package has types, but its `exports` hide them from modules: the functions in use are declared here. */
declare module 'cephes' {
  /** Resolves when the WebAssembly is ready; no function may be called before. */
  export const compiled: Promise<unknown>
  /** The t for which Student's distribution of `k` degrees of freedom has the probability `p` below it. */
  export function stdtri(k: number, p: number): number
  /** The x for which the incomplete beta function of `a` and `b` is `y`. */
  export function incbi(a: number, b: number, y: number): number
}
